// The tables follow the page's colour scheme: AG Grid reads it from this attribute.
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.decider = {
    followColourScheme: function (scheme) {
        document.documentElement.dataset.agThemeMode = scheme || "light";
        return "Switch between light and dark";
    },
};
