using ControlTower.Data.Db;
using ControlTower.Data.Views;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Shared;

/// <summary>How a person chose to read, with the rates that it takes.</summary>
public sealed record ReadingChoice(MoneyTotals? Totals, bool Clocks, string? CaseColumns, int DeskPace)
{
    public static ReadingChoice Usual { get; } = new(null, Clocks: false, null, 0);
}

/// <summary>Looks up how somebody wants to read, once for each document. Without an answer of the database the page is shown the usual way.</summary>
public sealed class ReadingChoices(IServiceProvider services)
{
    public async Task<ReadingChoice> OfAsync(SignedIn? person, CancellationToken cancel)
    {
        if (person is null)
        {
            return ReadingChoice.Usual;
        }

        try
        {
            var choices = services.GetRequiredService<ViewerChoices>();
            var choice = await choices.FindAsync(person.AccountId, cancel);
            var rates = choice.TotalsIn is null ? [] : await choices.RatesAsync(cancel);
            return new ReadingChoice(
                choice.TotalsIn is { } currency && rates.Count > 0 ? new MoneyTotals(currency, rates.ToDictionary(rate => rate.Currency, rate => rate.Rate!.Value), rates.Min(rate => rate.AsOf!.Value)) : null,
                choice.Clocks, choice.CaseColumns, choice.DeskPace);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            return ReadingChoice.Usual;
        }
    }
}
