using System.Globalization;

namespace ControlTower.Web.Api;

/// <summary>A version of the API and how long it lives.</summary>
/// <param name="Name">As in its addresses: <c>v1</c>.</param>
/// <param name="DeprecatedAt">From then on nobody should begin to use it.</param>
/// <param name="SunsetAt">From then on it may be gone.</param>
/// <param name="Words">Address of what to do instead.</param>
internal sealed record ApiVersion(string Name, DateTimeOffset? DeprecatedAt = null, DateTimeOffset? SunsetAt = null, string? Words = null);

/// <summary>Every version that is served. What is on its way out says so with each answer (RFC 9745, RFC 8594).</summary>
internal sealed record ApiVersions(IReadOnlyList<ApiVersion> All)
{
    public static ApiVersions Served { get; } = new([new ApiVersion("v1")]);
}

/// <summary>Tells programs with every answer of a version that it is on its way out, so that their makers hear of it in time.</summary>
internal sealed class ApiVersionWords(RequestDelegate next, ApiVersions versions)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (versions.All.FirstOrDefault(v => http.Request.Path.StartsWithSegments($"/api/{v.Name}", StringComparison.Ordinal)) is { } version)
        {
            var headers = http.Response.Headers;
            if (version.DeprecatedAt is { } deprecated)
                headers["Deprecation"] = string.Create(CultureInfo.InvariantCulture, $"@{deprecated.ToUnixTimeSeconds()}");
            if (version.SunsetAt is { } sunset)
                headers["Sunset"] = sunset.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture);
            if (version.Words is { } words)
                headers.Append("Link", $"<{words}>; rel=\"{(version.SunsetAt is null ? "deprecation" : "sunset")}\"; type=\"text/html\"");
        }

        return next(http);
    }
}
