// Registers the service worker, which stores pages that were read.
navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js')
