using ControlTower.Web.Auth;
using ControlTower.Web.Live;
using ControlTower.Web.Live.Streams;
using Microsoft.AspNetCore.SignalR;

namespace ControlTower.Web.Hosting;

/// <summary>The hub for boards and programs outside, and its streams. A room with something to tell adds an <see cref="ILiveStream"/> of its own.</summary>
internal static class HubRole
{
    public static void AddTowerHub(this IServiceCollection services)
    {
        services.AddHostedService<HubRelay>();
        services.AddSingleton<LiveStreams>();
        services.AddSingleton<BrandArgument>();
        services.AddSingleton<ILiveStream, FlowStream>();
        services.AddSingleton<ILiveStream, ConnectionStream>();
        services.AddSingleton<ILiveStream, IncidentStream>();
        services.AddSingleton<ILiveStream, KpiStream>();
        services.AddSignalR().AddHubOptions<TowerHub>(options =>
        {
            options.AddFilter<HubGate>();
            // Subscriptions of a connection are kept without a lock.
            options.MaximumParallelInvocationsPerClient = 1;
            options.MaximumReceiveMessageSize = 16 * 1024;
            options.KeepAliveInterval = TimeSpan.FromSeconds(4);
        });
    }
}
