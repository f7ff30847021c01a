using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.BusinessCentral;

/// <summary>Location codes to ids. Read once, and again when an unknown code is met.</summary>
internal sealed class Locations(ODataCall call, BusinessCentralSettings settings)
{
    private volatile Dictionary<string, Guid> known = new(StringComparer.OrdinalIgnoreCase);

    public async Task<(IReadOnlyDictionary<string, Guid> Ids, Outcome? Failure)> OfAsync(IReadOnlyList<Allocation> allocations, CancellationToken cancel)
    {
        if (settings.Locations == LocationUse.Ignore)
        {
            return (new Dictionary<string, Guid>(StringComparer.Ordinal), null);
        }

        if (allocations.Any(a => !known.ContainsKey(a.Location)))
        {
            var answer = await call.ReadAsync("locations?$select=id,code", cancel).ConfigureAwait(false);
            if (answer.Failure is not null)
            {
                return (known, answer.Failure);
            }

            known = answer.Body.Items("value")
                .Select(l => (Code: l.Text("code"), Id: Guid.TryParse(l.Text("id"), System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : Guid.Empty))
                .Where(l => l.Code is not null && l.Id != Guid.Empty)
                .DistinctBy(l => l.Code, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(l => l.Code!, l => l.Id, StringComparer.OrdinalIgnoreCase);
        }

        var ids = known;
        return settings.Locations == LocationUse.Required && allocations.FirstOrDefault(a => !ids.ContainsKey(a.Location)) is { } lost
            ? (ids, new Outcome.Refused(FailureKind.Missing, "unknown-location", $"The ERP has no location {VendorText.Cut(lost.Location, 60)}.", "locationId"))
            : (ids, null);
    }
}
