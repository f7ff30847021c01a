using System.Globalization;
using ControlTower.Sync.Administration;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Retention;

/// <summary>How long data is kept, in an admin's hands.</summary>
public sealed partial class RetentionPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<RetentionLine> lines = [];
    private RetentionLine? open;
    private string days = "", reason = "";

    [Inject] private RetentionDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    /// <summary>Null for what is no number of days.</summary>
    private int? Wanted => string.IsNullOrWhiteSpace(days) ? open?.Shipped : int.TryParse(days.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    protected override Following Follows => new("Retention");

    protected override async Task ReadAsync(CancellationToken cancel) => lines = await Desk.ListAsync(cancel);

    private void Open(RetentionLine line) => (open, days, reason, Acts.Wrong) = (line, line.Rule?.Days.ToString(CultureInfo.InvariantCulture) ?? "", "", null);

    private void Close()
    {
        if (!Acts.IsBusy)
        {
            (open, Acts.Wrong) = (null, null);
        }
    }

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var line = open!;
        if (Wanted is null)
        {
            throw new ArgumentException("Enter a whole number of days, or nothing for as shipped.");
        }

        var done = await Desk.ChangeAsync(
            line.Kind.Id, string.IsNullOrWhiteSpace(days) ? null : Wanted, line.Rule?.Version ?? 0, reason, await Actor.MustAsync(Permissions.RetentionManage), Gone);
        Messages.Add(done ? "Saved. It is in force at the next run." : "Somebody changed it meanwhile. You see it as it is now; nothing of yours was written.", done ? Severity.Success : Severity.Warning);
        open = null;
        await LoadAsync();
    });

    private static string Days(int days) => $"{Say.Count(days)} {(days == 1 ? "day" : "days")}";

    private static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0} KB"),
    };
}
