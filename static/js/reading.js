// What makes it easier to read an article; nothing on the page needs it. article.js loads it.
const find = id => document.getElementById(id), share = find('share'), on = find('on'), say = find('say');
const kept = localStorage, place = location.pathname;
onscroll = onpointerover = null;

// The device's own way to share, where it has one.
if (share && navigator.share) share.onclick = () => (navigator.share({title: document.title, url: place}), false);

// Continue where you stopped: remembers the paragraph under the eye, offers it next time.
if (on) {
  if (kept[place] && !location.hash) {
    on.href = kept[place];
    on.hidden = false
  }
  onpagehide = () => {
    const seen = document.elementFromPoint(innerWidth / 2, innerHeight / 3)?.closest('[id^=p]');
    if (seen && scrollY > innerHeight) kept[place] = '#' + seen.id
  }
}

// Read aloud, where the device can.
if (say && window.speechSynthesis) {
  say.style.cssText = 'float:inline-end;background:none;border:0;font:inherit;color:var(--link);padding:.5em 1em;margin-inline-end:.4em';
  say.hidden = false;
  say.onclick = () => import('./listening.js')
}

// Bookmarks, highlights and notes: their script comes at the first use.
const mark = find('mark'), bookmarks = () => import('../../../bookmarks.js');
if (mark) {
  mark.hidden = false;
  mark.onclick = () => (bookmarks().then(loaded => loaded.toggle()), false);
  document.onselectionchange = () => getSelection() + '' && bookmarks();
  if (kept['m' + place] || getSelection() + '') bookmarks()
}
