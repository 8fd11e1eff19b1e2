// Requests a picture again if the server was too busy to render it: after 3 s, then 6, 9 … up to ten times.
addEventListener('error', function (e, p, n) {
p = e.target;
n = +p.alt_n || 0;
if (p.tagName == 'IMG' && n++ < 10) {
p.alt_n = n;
setTimeout(function () { p.src = p.src }, n * 3e3)
}
}, true)
