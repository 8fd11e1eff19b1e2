// Offline: keeps what was read.
navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js')
