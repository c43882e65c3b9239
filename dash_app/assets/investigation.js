// The table of offenders asks again: at every fifth tick, when an operator acted, and, while the server still
// looks further back, whenever the header's state is asked for.
(function () {
    const EVERY_TICKS = 5;
    window.dash_clientside = window.dash_clientside || {};
    window.dash_clientside.investigation = {
        refresh: function (ticks, _happened, _status_ticks, is_partial) {
            const why = (window.dash_clientside.callback_context.triggered || []).map((one) => one.prop_id);
            const acted = why.some((one) => one.startsWith("offenders-act-"));
            const ticked = why.some((one) => one.startsWith("tick.")) && ticks && ticks % EVERY_TICKS === 0;
            if (acted || ticked || (is_partial && why.some((one) => one.startsWith("status-tick.")))) {
                try {
                    window.dash_ag_grid.getApi("offenders").refreshInfiniteCache();
                } catch (_not_there_yet) { /* the first rows are on their way */ }
            }
            return window.dash_clientside.no_update;
        },
    };
})();
