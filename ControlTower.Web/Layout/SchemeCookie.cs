namespace ControlTower.Web.Layout;

/// <summary>
/// Light or dark before the first paint. The browser resolves "as the system" and leaves the answer in a cookie (<c>theme.js</c>), so that the
/// server's first markup already has the right palette.
/// </summary>
public static class SchemeCookie
{
    /// <summary>What the person chose: <c>light</c>, <c>dark</c> or absent for "as the system".</summary>
    public const string Choice = "ct-theme";

    /// <summary>What that came to in this browser: <c>light</c> or <c>dark</c>.</summary>
    public const string Seen = "ct-scheme";

    public static string Resolved(HttpRequest request) => request.Cookies[Choice] switch
    {
        "dark" => "dark",
        "light" => "light",
        _ => request.Cookies[Seen] == "dark" ? "dark" : "light",
    };
}
