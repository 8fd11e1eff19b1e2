// "/" opens the search, except in a text field.
addEventListener('keydown', e => {
if (e.key == '/' && !e.ctrlKey && !e.altKey && !e.metaKey && !e.target.closest('input,textarea,select')) {
e.preventDefault();
const box = document.getElementById('q');
box ? box.focus() : location = 'PREFIX/search#q'
}
})
