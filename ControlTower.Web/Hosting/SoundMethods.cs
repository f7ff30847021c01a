using System.Reflection;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace ControlTower.Web.Hosting;

/// <summary>
/// A method that an address does not take is answered 405 with those it takes, whoever asks. Where there is no address at all, strangers are asked to sign in and people are told. A route for
/// everything else would take every method, and routing would never say that one is wrong.
/// </summary>
internal static class SoundMethods
{
    private static readonly Endpoint Nowhere = new(
        static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        },
        new EndpointMetadataCollection(new AuthorizeAttribute(Permissions.ShellOpen)), "nowhere");

    /// <summary>Before routing: HEAD is GET without the body, and the server leaves the body out by itself.</summary>
    public static IApplicationBuilder UseHeadAsGet(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (HttpMethods.IsHead(context.Request.Method))
            context.Request.Method = HttpMethods.Get;
        return next(context);
    });

    /// <summary>Behind routing, before anybody is asked who they are.</summary>
    public static IApplicationBuilder UseSoundMethods(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        var endpoint = context.GetEndpoint();
        if (endpoint is null)
            context.SetEndpoint(Nowhere);
        // Not one of ours: routing's own answer to a wrong method, which lists the right ones. The fallback policy would hide it behind the sign-in.
        else if (endpoint is not RouteEndpoint && endpoint != Nowhere && endpoint.RequestDelegate is { } refuse)
            return RefuseAsync(context, refuse);
        return next(context);
    });

    /// <summary>The framework lets every page take a POST; here only those that have a form, and they say its name.</summary>
    public static void ReadOnlyUnlessForm(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<ComponentTypeMetadata>().FirstOrDefault()?.Type is not { } page)
            return;
        if (FormOf(page) is { } form)
        {
            endpoint.Metadata.Add(new PageForm(form));
            return;
        }

        foreach (var methods in endpoint.Metadata.OfType<HttpMethodMetadata>().ToList())
            endpoint.Metadata.Remove(methods);
        endpoint.Metadata.Add(new HttpMethodMetadata([HttpMethods.Get]));
    }

    private static async Task RefuseAsync(HttpContext context, RequestDelegate refuse)
    {
        await refuse(context);
        var allowed = context.Response.Headers.GetCommaSeparatedValues(HeaderNames.Allow);
        if (allowed.Contains(HttpMethods.Get) && !allowed.Contains(HttpMethods.Head))
            context.Response.Headers.Allow = string.Join(", ", allowed.Append(HttpMethods.Head));
    }

    private static string? FormOf(Type page) =>
        page.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(property => property.GetCustomAttribute<SupplyParameterFromFormAttribute>()?.FormName).FirstOrDefault(name => name is not null);
}

/// <summary>The one form that a page takes.</summary>
internal sealed record PageForm(string Name);
