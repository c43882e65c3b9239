// The table of offenders asks again: at every fifth tick, and when an operator acted.
(function () {
    const EVERY_TICKS = 5;
    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.investigation = {
        refresh: function (ticks, _happened) {
            const acted = (window.dash_clientside.callback_context.triggered || [])
                .some((one) => one.prop_id.startsWith("offenders-act-"));
            if (acted || (ticks && ticks % EVERY_TICKS === 0)) {
                try {
                    window.dash_ag_grid.getApi("offenders").refreshInfiniteCache();
                } catch (_not_there_yet) { /* the first rows are on their way */ }
            }
            return window.dash_clientside.no_update;
        },
    };
})();
