// Offline: keeps what was read.
navigator.serviceWorker && navigator.serviceWorker.register('/sw.js')
