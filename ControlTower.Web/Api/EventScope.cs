using ControlTower.Data.ApiClients;
using ControlTower.Data.EventLog;
using ControlTower.Sync.Connections;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>Which events a client may have: a client of single channels or brands has those of orders and returns that were born there, and nothing tells it of others.</summary>
internal static class EventScope
{
    /// <param name="sources">What it asks for; none: all of its own.</param>
    public static FeedFilter Of(ApiCaller caller, IReadOnlyList<string> types, IReadOnlyList<string> sources) => new(types, sources, []) { Within = new FeedFilter([], caller.Channels, caller.Brands) };

    /// <summary>What is wrong with a connection that a client names; null if it may have its events. That it asked for another's stands in the audit.</summary>
    public static async Task<FieldError?> WrongSourceAsync(HttpContext http, string source, string pointer)
    {
        var caller = ApiKeyScheme.CallerOf(http);
        if (!caller.MayAskFor(source))
            return await GovernedApi.WrongChannelAsync(http, source, pointer);
        return http.RequestServices.GetRequiredService<ConnectionDirectory>().Get(source) is null ? new FieldError(pointer, "unknown-source", "There is no connection of this name.") : null;
    }
}
