// Offline: keeps what was read. The comforts of reading come with the first scroll or touch, or if it goes on from before.
navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js');
onscroll = onpointerover = () => import('PREFIX/static/LOOK/js/reading.js');
localStorage[location.pathname] && onscroll()
