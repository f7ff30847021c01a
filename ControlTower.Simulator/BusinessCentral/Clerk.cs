using ControlTower.Simulator.Traffic;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>
/// The people in the warehouse: they ship an order after a seeded while and invoice it after the same again.
/// A step that the ERP refuses (blocked customer) is left and tried again on the next round.
/// </summary>
public sealed class Clerk(Company company)
{
    private readonly Dictionary<Guid, DateTimeOffset> due = [];

    /// <summary>Does every step that is due. Called in rounds; safe to call at any time.</summary>
    public async Task<int> RoundAsync()
    {
        var now = company.Options.Clock.GetUtcNow();
        var steps = 0;
        foreach (var id in company.Read(() => company.Tables.All("salesOrders").Select(o => o.Id).ToList()))
        {
            if (!due.TryGetValue(id, out var at)) at = due[id] = now + Pause(id, 1);
            if (at > now) continue;
            try
            {
                await company.ChangeAsync(change => Step(change, id));
                steps++;
            }
            catch (BcError)
            {
                // Refused by the ERP itself: someone must mend the order first.
            }

            due[id] = now + Pause(id, 2);
        }

        foreach (var gone in due.Keys.Except(company.Read(() => company.Tables.All("salesOrders").Select(o => o.Id).ToList())).ToList()) due.Remove(gone);
        return steps;
    }

    private TimeSpan Pause(Guid id, int step) => new Dice(company.Options.Seed, BitConverter.ToInt64(id.ToByteArray(), 0), step).Between(company.Options.ShipAfterLeast, company.Options.ShipAfterMost);

    private bool Step(BcChange change, Guid id)
    {
        if (company.Tables.Find("salesOrders", id) is not { } order) return false;
        var posting = new Posting(company);
        var lines = new SalesDocuments(company).Lines(order);
        if (lines.Any(l => l.Number("shipQuantity") != 0 && (string)l["lineType"]! != "Comment")) posting.Ship(change, order);
        else if (lines.Any(l => l.Number("shippedQuantity") > l.Number("invoicedQuantity"))) posting.Invoice(change, order);
        return true;
    }
}
