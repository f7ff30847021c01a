using System.Globalization;
using ControlTower.Data.Operations;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Operations;

/// <summary>One pump of all workers together: what is open is the same for all, what was done adds up.</summary>
public sealed record PumpRow(
    string Name, string What, Status Status, string Word, long Depth, TimeSpan? Oldest, string LastBatch, DateTimeOffset? LastRunAt, long Done, long Failed, int Workers, string? Error)
{
    /// <summary>A pump that has not run for this long while work is due is worth a look.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    public static IReadOnlyList<PumpRow> Of(IReadOnlyList<NodeLine> nodes, DateTimeOffset now) =>
    [
        .. nodes.Where(node => !node.IsStale).SelectMany(node => node.Pumps).GroupBy(pump => pump.Name, StringComparer.Ordinal)
            .OrderBy(group => Order(group.Key)).ThenBy(group => group.Key, StringComparer.Ordinal).Select(group => Of(group.Key, [.. group], now)),
    ];

    private static PumpRow Of(string name, IReadOnlyList<PumpReading> pumps, DateTimeOffset now)
    {
        var freshest = pumps.OrderByDescending(pump => pump.LastRunAt).First();
        var (status, word) = pumps switch
        {
            _ when pumps.Any(pump => pump.State == "stumbled") => (Status.Bad, "Stumbled, trying again"),
            _ when pumps.All(pump => pump.State == "stopped") => (Status.Off, "Stopped"),
            _ when freshest.LastRunAt is null => (Status.Run, "Starting"),
            _ when now - freshest.LastRunAt > Quiet && freshest.Depth > 0 => (Status.Warn, "Silent"),
            _ => (Status.Ok, freshest.Depth > 0 ? "Working" : "Nothing to do"),
        };
        var batch = freshest.LastTaken > 0 ? string.Create(CultureInfo.InvariantCulture, $"{freshest.LastTaken} in {freshest.LastMs:0} ms") : Say.None;
        return new PumpRow(
            name, Meaning(name), status, word, freshest.Depth, freshest.Depth > 0 ? TimeSpan.FromSeconds(freshest.OldestSeconds) : null, batch, freshest.LastRunAt, pumps.Sum(pump => pump.Done),
            pumps.Sum(pump => pump.Failed), pumps.Count, pumps.FirstOrDefault(pump => pump.State == "stumbled")?.LastError);
    }

    private static string Meaning(string name) => name switch
    {
        "inbox" => "turns what shops and ERPs sent into steps of an order",
        "outbox" => "keeps the doors to connected systems and sends what waits",
        "deadlines" => "wakes orders whose time has come",
        "holds" => "gives back goods whose time is up",
        "batches" => "carries out retries of many cases, stage by stage",
        "notifications" => "tells people what is due, assigned or stopped",
        "webhooks" => "sends what happened to the webhooks of API clients",
        "exports" => "makes the files of long lists that somebody wants to take along",
        "pos-imports" => "reads the files of tills",
        "pos-folder" => "takes the files that till servers drop into the folder",
        "relay" => "passes what happened on to a broker; open is what it does not have yet",
        "node" => "says that the worker lives",
        _ => "",
    };

    private static int Order(string name) => name switch { "inbox" => 0, "outbox" => 1, "deadlines" => 2, "node" => 9, _ => 5 };
}
