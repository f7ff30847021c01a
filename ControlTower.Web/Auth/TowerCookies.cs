using System.Net;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace ControlTower.Web.Auth;

/// <summary>
/// Names the sign-in cookie by the connection: <c>__Host-ct</c> (Secure, no domain) over https, plain <c>ct</c> on loopback http, none elsewhere.
/// A browser never sends the one where the other belongs.
/// </summary>
public sealed class TowerCookies : ICookieManager
{
    private readonly ChunkingCookieManager chunks = new();

    /// <summary>True where a session may exist at all: https, or this machine only.</summary>
    public static bool Allowed(HttpContext context) => context.Request.IsHttps || IsLoopback(context);

    public string? GetRequestCookie(HttpContext context, string key) => Allowed(context) ? chunks.GetRequestCookie(context, Name(context, key)) : null;

    public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options)
    {
        if (!Allowed(context))
            return;
        options.Domain = null;
        options.Path = "/";
        options.Secure = context.Request.IsHttps;
        chunks.AppendResponseCookie(context, Name(context, key), value, options);
    }

    public void DeleteCookie(HttpContext context, string key, CookieOptions options)
    {
        options.Path = "/";
        options.Secure = context.Request.IsHttps;
        chunks.DeleteCookie(context, Name(context, key), options);
    }

    private static string Name(HttpContext context, string key) => context.Request.IsHttps ? "__Host-" + key : key;

    private static bool IsLoopback(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) && Hosting.Addresses.IsLoopbackHost(context.Request.Host.Host);
}
