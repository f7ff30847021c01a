using System.Globalization;
using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Sync.Administration;
using ControlTower.Sync.Flows.OrderToCash;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Pages.Returns;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Limits;

/// <summary>Limits of stages, each with what stands there now, and what would be late under another.</summary>
public sealed partial class StageLimitsPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<StageLimitLine> lines = [];
    private StageLimitLine? open;
    private string amount = "", reason = "";
    private int unit = 60;
    private long? late;

    [Inject] private StageLimitDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    protected override Following Follows => new("The limits", LiveTopics.Flows, TimeSpan.FromSeconds(5));

    protected override async Task ReadAsync(CancellationToken cancel) => lines = await Desk.ListAsync(cancel);

    private void Open(StageLimitLine line)
    {
        unit = line.Most.TotalMinutes % 1440 == 0 ? 1440 : line.Most.TotalMinutes % 60 == 0 ? 60 : 1;
        (open, amount, reason, late, Acts.Wrong) = (line, line.Rule is null ? "" : (line.Most.TotalMinutes / unit).ToString(CultureInfo.InvariantCulture), "", null, null);
    }

    private void Close()
    {
        if (!Acts.IsBusy)
        {
            (open, Acts.Wrong) = (null, null);
        }
    }

    /// <summary>False for what is no time; null minutes: as set up.</summary>
    private bool Wanted(out int? minutes)
    {
        minutes = int.TryParse(amount.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= StageLimitDesk.MostMinutes && number * unit <= StageLimitDesk.MostMinutes ? number * unit : null;
        return minutes is not null || string.IsNullOrWhiteSpace(amount);
    }

    // A look ahead: where the database does not answer in time, nothing is said.
    private async Task LookAsync()
    {
        var asked = (open, amount, unit);
        late = null;
        try
        {
            var many = open is { } line && Wanted(out var minutes) ? await Desk.LateAsync(line, minutes, Gone) : (long?)null;
            if (asked == (open, amount, unit))
            {
                late = many;
            }
        }
        catch (Exception error) when (DatabaseTrouble.Is(error) || error is OperationCanceledException)
        {
            late = null;
        }
    }

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        if (!Wanted(out var minutes))
        {
            throw new ArgumentException("Enter a whole number, a minute to 365 days in all; or nothing for as set up.");
        }

        var done = await Desk.ChangeAsync(open!.Stage, minutes, open.Rule?.Version ?? 0, reason, await Actor.MustAsync(Permissions.StageLimitsManage), Gone);
        Messages.Add(done ? "Saved. It is in force everywhere within a quarter of a minute." : "Somebody changed it meanwhile. You see it as it is now; nothing of yours was written.", done ? Severity.Success : Severity.Warning);
        open = null;
        await LoadAsync();
    });

    private static string Name(StageLimitLine line) => line.Flow == OrderToCashFlow.Name ? OrderWords.Stage(line.Stage) : ReturnWords.Stage(line.Stage);
}
