using ControlTower.Data.Currencies;
using ControlTower.Data.Db;

namespace ControlTower.Data.Views;

/// <summary>What a page has to know of how its reader wants to read. Reading again is always safe.</summary>
public sealed class ReadingQueries(TowerDataSources sources)
{
    /// <summary>The person's choice, and the rates that there are if it needs any.</summary>
    public async Task<(ViewerChoice Choice, IReadOnlyList<CurrencyRate> Rates)> OfAsync(Guid account, CancellationToken cancel)
    {
        var choice = await ViewerChoiceStore.FindAsync(sources.Read, account, cancel);
        return (choice, choice.TotalsIn is null ? [] : [.. (await CurrencyStore.ListAsync(sources.Read, cancel)).Where(rate => rate.Rate is not null)]);
    }
}
