using ControlTower.Data.Live;
using ControlTower.Data.Operations;
using ControlTower.Web.Live;

namespace ControlTower.Web.Pages.Start;

/// <summary>How far the tower is on its way to its first order, asked once for everybody who looks at it on this node.</summary>
public sealed class StartFeed(LiveFeed live, StartQueries start, TimeProvider clock, ILogger<StartFeed> log) : IDisposable
{
    public SharedQuery<StartPicture> Now { get; } =
        new("The first steps", live, LiveTopics.Flows | LiveTopics.Connections | LiveTopics.Nodes | LiveTopics.People, TimeSpan.FromSeconds(1), start.ReadAsync, clock, log);

    public void Dispose() => Now.Dispose();
}
