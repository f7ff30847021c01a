using ControlTower.Data.Live;
using ControlTower.Data.Operations;
using ControlTower.Sync.Operations;
using ControlTower.Web.Live;

namespace ControlTower.Web.Pages.Operations;

/// <summary>What the operations screen shows, asked once for everybody who looks at it on this node.</summary>
public sealed class OperationsFeed(LiveFeed live, NodeQueries nodes, JobBoard jobs, IntegrityStore integrity, TimeProvider clock, ILogger<OperationsFeed> log) : IDisposable
{
    public SharedQuery<IReadOnlyList<NodeLine>> Nodes { get; } = new("The processes", live, LiveTopics.Nodes, TimeSpan.FromSeconds(1), nodes.AllAsync, clock, log);

    // Jobs are coarse and announce nothing; the feed's slow beat is enough.
    public SharedQuery<JobPicture> Jobs { get; } = new("The jobs", live, LiveTopics.Nodes, TimeSpan.FromSeconds(5), jobs.ReadAsync, clock, log);

    public SharedQuery<IntegrityPicture> Integrity { get; } = new("The checks of the data", live, LiveTopics.Nodes, TimeSpan.FromSeconds(1), integrity.ReadAsync, clock, log);

    public void Dispose()
    {
        Integrity.Dispose();
        Nodes.Dispose();
        Jobs.Dispose();
    }
}
