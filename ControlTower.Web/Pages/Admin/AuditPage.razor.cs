using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Operations;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Admin;

/// <summary>The audit trail: find, read, take along. The address says which entries, which page, and which one is open.</summary>
public sealed partial class AuditPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private AuditModel model = default!;
    private AuditQuery query = AuditQuery.All;
    private ChainWords chain = ChainWords.Of(null);
    private bool disposed;

    [Inject] private AuditQueries Audit { get; set; } = default!;
    [Inject] private AccountStore Accounts { get; set; } = default!;
    [Inject] private IntegrityStore Integrity { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<AuditModel> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    private string EmptyText => query switch
    {
        { IsNarrowed: true } => $"Nothing matches. {Say.Count(model.Everything ?? 0, Viewer?.Culture)} {(model.Everything == 1 ? "entry is" : "entries are")} outside this filter.",
        { Before: not null } => "There are no older entries.",
        _ => "Nothing was done yet.",
    };

    public void Dispose()
    {
        disposed = true;
        Navigation.LocationChanged -= OnLocation;
        model.Dispose();
    }

    protected override void OnInitialized()
    {
        model = new AuditModel(Audit, Accounts, Integrity, Clock, Log);
        query = AuditQuery.Parse(Navigation.Uri);
        Navigation.LocationChanged += OnLocation;
    }

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            await OpenAsync();
        }
    }

    private async Task OpenAsync()
    {
        await model.OpenAsync(query, Zone);
        chain = ChainWords.Of(model.Checked);
    }

    private Task GoAsync(AuditQuery to)
    {
        Navigation.NavigateTo(to.Href());
        return Task.CompletedTask;
    }

    private void OnLocation(object? sender, LocationChangedEventArgs e) => _ = InvokeAsync(async () =>
    {
        if (disposed || !new Uri(e.Location).AbsolutePath.TrimEnd('/').Equals(Links.Audit, StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        var before = query;
        query = AuditQuery.Parse(e.Location);
        if (!query.SameRowsAs(before))
        {
            await OpenAsync();
        }

        StateHasChanged();
    });

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), Zone);
}
