using System.Globalization;
using ControlTower.Data.Currencies;
using ControlTower.Data.Db;
using ControlTower.Sync.Operations;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Currencies;

/// <summary>Rates of the currencies in use.</summary>
public sealed partial class CurrenciesPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<CurrencyRate> rates = [];
    private string currency = "", worth = "";
    private DateOnly asOf;

    [Inject] private CurrencyDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;

    protected override Following Follows => new("The rates");

    protected override void Show(string uri) => asOf = asOf == default ? DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime) : asOf;

    protected override async Task ReadAsync(CancellationToken cancel) => rates = await Desk.ListAsync(cancel);

    private void Choose(CurrencyRate rate) => (currency, worth, Acts.Wrong) = (rate.Currency, rate.Rate?.ToString("0.##########", CultureInfo.InvariantCulture) ?? "", null);

    private Task PutAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.CurrenciesWrite);
        // A comma may part thousands or decimals, by where one lives; a point is a point.
        var amount = decimal.TryParse(worth.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new ArgumentException("The rate is no number. Write it with a point and without commas, like 1.1742 or 17500.", nameof(worth));
        var seen = rates.FirstOrDefault(rate => string.Equals(rate.Currency, currency.Trim(), StringComparison.OrdinalIgnoreCase))?.Version ?? 0;
        var changed = await Desk.PutAsync(currency, amount, asOf, seen, actor, Gone);
        Snackbar.Add(changed ? "Written down. Totals follow with the next page." : "Somebody changed this rate meanwhile. You see it as it is now; nothing of yours was written.", changed ? Severity.Success : Severity.Warning);
        (currency, worth) = changed ? ("", "") : (currency, worth);
        await LoadAsync();
    });
}
