using ControlTower.Sync.Connectors.Http;

namespace ControlTower.Sync.Connectors.Square;

internal sealed record SquareLocation(string Id, string? Name, string? Currency);

/// <summary>The stores of an account, in one answer; also those that closed, whose last sales may still come.</summary>
internal sealed class Locations(SquareCall call)
{
    public async Task<(IReadOnlyList<SquareLocation> Stores, Outcome? Failure)> ReadAsync(CancellationToken cancel)
    {
        var (body, failure) = await call.GetAsync("v2/locations", cancel).ConfigureAwait(false);
        if (failure is not null)
        {
            return ([], failure);
        }

        return body.At("locations") is { ValueKind: System.Text.Json.JsonValueKind.Array }
            ? ([.. body.Items("locations").Where(l => SquareId.IsOne(l.Text("id"))).Select(l => new SquareLocation(l.Text("id")!, l.Text("name"), l.Text("currency"))).OrderBy(l => l.Id, StringComparer.Ordinal)], null)
            : ([], HttpOutcome.Garbled(write: false, "it lists no locations"));
    }
}
