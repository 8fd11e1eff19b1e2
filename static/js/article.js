// Registers the service worker. Loads reading.js at the first scroll or touch, or if a reading position is stored.
requestAnimationFrame(() => setTimeout(() => navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js')));
onscroll = onpointerover = () => import('PREFIX/static/BUILD_ID/js/reading.js');
localStorage[location.pathname] && onscroll()
