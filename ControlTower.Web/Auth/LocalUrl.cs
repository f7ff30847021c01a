namespace ControlTower.Web.Auth;

/// <summary>Return addresses lead back into the tower only.</summary>
public static class LocalUrl
{
    /// <summary>The address if it is a path of ours, else the other one. Rejects <c>//host</c>, <c>/\host</c>, control characters and the gate itself.</summary>
    public static string Or(string? url, string otherwise) =>
        url is { Length: > 0 and <= 2000 } && url[0] == '/' && (url.Length == 1 || url[1] is not ('/' or '\\')) && !url.Any(char.IsControl)
        && !url.StartsWith(Shared.Links.SignIn, StringComparison.OrdinalIgnoreCase) && !url.StartsWith("/account/", StringComparison.OrdinalIgnoreCase)
        && url != "/"
            ? url
            : otherwise;
}
