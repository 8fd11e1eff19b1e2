// Reads the record {title, saved, marks} of an article from localStorage, for bookmarks.js and bookmark_list.js. The result
// always has this form, also for records of other versions or programs and incomplete ones. Invalid parts are omitted.
const recordOf = text => {
let found = {};
try { found = JSON.parse(text) || {} } catch {}
const words = value => typeof value == 'string' ? value : '';
const time = value => isNaN(Date.parse(value)) ? new Date(0).toISOString() : value;
const markOf = mark => mark && words(mark.exact) && mark.exact.length <= 2000 && {
id: words(mark.id) || 'm' + (mark.start | 0), created: time(words(mark.created)), exact: mark.exact,
prefix: words(mark.prefix).slice(-1000), suffix: words(mark.suffix).slice(0, 1000), start: Math.max(0, mark.start | 0),
part: words(mark.part), script: words(mark.script), note: words(mark.note)
};
const marks = Array.isArray(found.marks) ? found.marks.map(markOf).filter(mark => mark) : [];
return {title: words(found.title), saved: words(found.saved) && time(found.saved), marks}
};
