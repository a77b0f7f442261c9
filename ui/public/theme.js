// Sets the stored theme and language before the first paint, so that nothing flashes. Runs before the modules.
(function () {
  var root = document.documentElement;
  try {
    var theme = localStorage.getItem('otori.theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    var lang = new URLSearchParams(location.search).get('lang') || localStorage.getItem('otori.lang') || navigator.language;
    root.lang = String(lang).slice(0, 2) === 'ja' ? 'ja' : 'en';
  } catch (_) {
    /* storage may be forbidden; the system's default then stands */
  }
})();
