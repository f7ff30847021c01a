namespace ControlTower.Web.Auth;

/// <summary>A browser in words, for the list of sessions: enough to know one's own, too little to know a person by.</summary>
internal static class Agents
{
    // The order matters: each of these also calls itself some of those behind it.
    private static readonly (string Mark, string Name)[] Browsers = [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    private static readonly (string Mark, string Name)[] Systems = [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux")];

    public static string Of(HttpContext http) => Of(http.Request.Headers.UserAgent.ToString());

    public static string Of(string agent) => (In(Browsers, agent), In(Systems, agent)) switch
    {
        ({ } browser, { } system) => $"{browser} on {system}",
        ({ } browser, null) => browser,
        _ => "unknown browser",
    };

    private static string? In((string Mark, string Name)[] known, string agent) => known.FirstOrDefault(entry => agent.Contains(entry.Mark, StringComparison.Ordinal)).Name;
}
