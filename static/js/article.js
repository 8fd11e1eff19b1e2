// Offline: keeps what was read. The comforts of reading come with the first scroll or touch, or if it goes on from before.
navigator.serviceWorker && navigator.serviceWorker.register('/sw.js');
onscroll = onpointerover = () => import('/static/LOOK/js/reading.js');
localStorage[location.pathname] && onscroll()
