using System.Globalization;
using ControlTower.Sync.Administration;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Retention;

/// <summary>How long data is kept, in an admin's hands.</summary>
public sealed partial class RetentionPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<RetentionLine> lines = [];
    private RetentionLine? open;
    private string days = "", reason = "";

    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private RetentionDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<RetentionPage> Log { get; set; } = default!;

    /// <summary>Null for what is no number of days.</summary>
    private int? Wanted => string.IsNullOrWhiteSpace(days) ? open?.Shipped : int.TryParse(days.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("Retention", Clock, Log);
            await LoadAsync();
        }
    }

    private async Task LoadAsync() => await panel!.AskAsync(async () => lines = await Desk.ListAsync(gone.Token));

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
            line.Kind.Id, string.IsNullOrWhiteSpace(days) ? null : Wanted, line.Rule?.Version ?? 0, reason, await Actor.MustAsync(Permissions.RetentionManage), gone.Token);
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
