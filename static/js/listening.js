// Reads an article aloud with the voices of the device, paragraph by paragraph, from the one on the screen. The button
// pauses, and goes on with the paragraph where it stopped.
const say = document.getElementById('say'), voice = window.speechSynthesis;
const texts = [...document.querySelectorAll('h1,.body :is(p,h2,h3,h4,h5,h6,li,dt,dd,figcaption,caption,tr)')];
// Android stops without a word in a text that is too long, Chromium after 15 seconds of one.
const LONGEST = 120;
const pieces = text => text.match(RegExp(`[^。！？!?；;\\n]{1,${LONGEST}}[。！？!?；;”’」』）)]*`, 'g')) || [];
// Paragraphs, lists and tables within are read for themselves; a row of a table is read cell by cell.
const spoken = e => {
  const copy = e.cloneNode(true);
  for (const silent of copy.querySelectorAll('.p,[aria-hidden],rt,rp,sup a,p,ul,ol,dl,table')) silent.remove();
  const text = copy.cells ? [...copy.cells].map(cell => cell.textContent.trim()).join(', ') : copy.textContent;
  return text.replace(/[▶↩]/g, '').trim()
};
const language = e => e.closest('[lang]').lang;
// Of the language of the text; the default one of a device may speak another. Voices have places, and Chinese texts scripts:
// the first Chinese voice of a device may speak Cantonese. Some devices call Mandarin cmn.
const PLACES = {'zh': 'zh-cn', 'zh-hans': 'zh-cn', 'zh-hant': 'zh-tw', 'zh-hant-hk': 'zh-hk'};
const plain = tag => tag.toLowerCase().replaceAll('_', '-');
const voiceFor = tag => {
  const place = PLACES[plain(tag)] || plain(tag), from = start => voice.getVoices().find(v => plain(v.lang + '-').startsWith(start + '-'));
  return from(place) || from(place.split('-')[0]) || place.startsWith('zh') && from('cmn')
};
let next = -1, turn = 0;

const show = () => {
  say.setAttribute('aria-pressed', next >= 0 && turn > 0);
  texts.forEach((e, n) => e.style.background = turn > 0 && n == next ? 'var(--line)' : '')
};
const stop = () => {
  turn = -Math.abs(turn) - 1;
  voice.cancel();
  show()
};
const speak = () => {
  if (next >= texts.length) return next = -1, stop();
  const mine = turn, parts = pieces(spoken(texts[next])), tag = language(texts[next]);
  show();
  texts[next].scrollIntoView({block: 'nearest'});
  const done = () => { if (mine == turn) next++, speak() };
  if (!parts.length) return done();
  parts.forEach((part, n) => {
    const words = new SpeechSynthesisUtterance(part);
    words.lang = tag;
    words.voice = voiceFor(tag) || null;
    if (n == parts.length - 1) words.onend = done;
    words.onerror = event => {
      if (mine != turn || event.error == 'interrupted' || event.error == 'canceled') return;
      stop();
      say.hidden = !voice.getVoices().length // a device without voices cannot read
    };
    voice.speak(words)
  })
};
const toggle = () => {
  if (turn > 0) return stop();
  turn = Math.abs(turn) + 1;
  voice.cancel();
  if (next < 0) next = Math.max(0, texts.findIndex(e => e.getBoundingClientRect().bottom > 60));
  speak()
};
say.onclick = toggle;
addEventListener('pagehide', () => voice.cancel());
toggle()
