using ControlTower.Data.Live;
using ControlTower.Data.Triage;
using ControlTower.Web.Live;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Exceptions;

/// <summary>The batches of the desk, asked once for everybody who looks at it on this node.</summary>
public sealed class BatchFeed(LiveFeed live, BatchQueries batches, TimeProvider clock, ILogger<BatchFeed> log) : IDisposable
{
    public SharedQuery<IReadOnlyList<BatchPicture>> Board { get; } = new(
        "The batches", live, LiveTopics.Batches | LiveTopics.Connections, TimeSpan.FromSeconds(1), batches.BoardAsync, clock, log);

    public void Dispose() => Board.Dispose();
}
