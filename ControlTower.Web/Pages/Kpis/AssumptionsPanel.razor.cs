using System.Globalization;
using ControlTower.Data.Kpis;
using ControlTower.Sync.Kpis;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Kpis;

/// <summary>What the cost is reckoned with, by whose word, and setting it.</summary>
public sealed partial class AssumptionsPanel : ComponentBase
{
    private KpiAssumption? asked;
    private KpiAnswer? wrong;
    private string value = "", words = "";
    private Guid key;

    [Parameter, EditorRequired] public IReadOnlyList<KpiAssumption> Assumptions { get; set; } = [];
    [Parameter] public bool MayWrite { get; set; }
    [Inject] private KpiDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private string? Of(string field) => wrong?.Field == field ? wrong.Words : null;

    private static string Number(decimal amount) => amount.ToString("0.######", CultureInfo.InvariantCulture);

    private string Day(DateTimeOffset? since) => since is { } at ? Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone) : Say.None;

    private void Open(KpiAssumption one) => (asked, wrong, Acts.Wrong, value, words, key) = (one, null, null, Number(one.Value), "", Guid.CreateVersion7());

    private void Close() => asked = Acts.IsBusy ? asked : null;

    private Task AssumeAsync()
    {
        // A comma may divide thousands or decimals; to guess wrong is to be off by a thousand.
        if (!decimal.TryParse(value.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            wrong = KpiAnswer.Wrong("value", "Write the number with a point for decimals, such as 0.40.");
            return Task.CompletedTask;
        }

        return Acts.RunAsync(async () =>
        {
            var answer = await Desk.AssumeAsync(asked!.Name, number, words, key, await Actor.MustAsync(Permissions.KpiAssumptionsWrite), CancellationToken.None);
            wrong = answer.Done ? null : answer;
            if (answer.Done)
            {
                Snackbar.Add($"{asked.Title} is {Number(number)} from now on.", Severity.Success);
                asked = null;
            }
        });
    }
}
