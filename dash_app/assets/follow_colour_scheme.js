// The tables follow the page's colour scheme: AG Grid reads it from data-ag-theme-mode, Mantine writes
// data-mantine-color-scheme, at the start, at a toggle, and when the system changes its own.
(function () {
    const root = document.documentElement;
    const follow = function () {
        root.dataset.agThemeMode = root.dataset.mantineColorScheme === "dark" ? "dark" : "light";
    };
    new MutationObserver(follow).observe(root, { attributeFilter: ["data-mantine-color-scheme"] });
    follow();
})();
