using System.Globalization;
using ControlTower.Data.Live;
using ControlTower.Data.Ownership;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>One product, customer or order as it is by the rules: which value of each field holds, and what every other source says. Customers are shown to who may see them.</summary>
public sealed partial class RecordPage : ComponentBase, IDisposable
{
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(10);

    private static readonly IReadOnlyList<Crumb> Above = [new("Ownership", Links.Ownership)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<GoldenField>? fields;
    private string sku = "";
    private bool mayCustomers;
    private bool mayOrders;
    private IDisposable? feed;

    [SupplyParameterFromQuery(Name = "sku")] public string? Sku { get; set; }

    /// <summary>A customer's id at the connection <c>at</c>.</summary>
    [SupplyParameterFromQuery(Name = "customer")] public string? Customer { get; set; }

    [SupplyParameterFromQuery(Name = "at")] public string? At { get; set; }

    [SupplyParameterFromQuery(Name = "order")] public string? Order { get; set; }

    /// <summary>The connection for which the record is shown; empty: by the rules that name none.</summary>
    [SupplyParameterFromQuery(Name = "channel")] public string? Channel { get; set; }

    [Inject] private GoldenRecords Records { get; set; } = default!;
    [Inject] private ConnectionDirectory Connections { get; set; } = default!;
    [Inject] private LiveFeed Feed { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<RecordPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private IEnumerable<(string Id, string Name)> Channels => Connections.All.Select(c => (c.Profile.Id, c.Profile.Name)).OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase);

    private bool IsAsked => Sku is { Length: > 0 } || Customer is { Length: > 0 } || Order is { Length: > 0 };

    private string Title => Sku is { Length: > 0 } ? Sku : Customer is { Length: > 0 } ? $"Customer {Customer}" : Order is { Length: > 0 } ? $"Order {Order}" : "Golden record";

    private string? Wrong =>
        Customer is { Length: > 0 } && !mayCustomers ? "Customers are shown to those who may see them. Ask an admin for the permission."
        : Order is { Length: > 0 } && !mayOrders ? "Orders are shown to those who may see them. Ask an admin for the permission."
        : Order is { Length: > 0 } && !long.TryParse(Order, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? "order: give the number of an order, as in its address."
        : Customer is { Length: > 0 } && (At is not { Length: > 0 } at || Connections.Get(at) is null) ? "at: name the connection that the customer is of."
        : Channel is { Length: > 0 } channel && Connections.Get(channel) is null ? "channel: there is no connection of this name." : null;

    private string Sum => fields!.Count(f => !f.Agreed) is var differ and > 0 ? $"sources differ in {differ} of {fields!.Count} fields" : "every source agrees";

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        feed?.Dispose();
    }

    protected override void OnInitialized()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The record", Clock, Log);
            feed = Feed.Subscribe(LiveTopics.Ownership | LiveTopics.Stock, () => InvokeAsync(() => panel.PacedAsync(AtMostEvery, LoadAsync, gone.IsCancellationRequested ? new CancellationToken(canceled: true) : gone.Token)));
        }
    }

    protected override async Task OnParametersSetAsync()
    {
        var person = SignedIn.From((await Auth).User);
        (mayCustomers, mayOrders) = (person?.May(Permissions.CustomersRead) == true, person?.May(Permissions.OrdersRead) == true);
        sku = Sku ?? "";
        fields = null;
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        if (panel is null || gone.IsCancellationRequested || !IsAsked || Wrong is not null)
        {
            return;
        }

        var asked = (Sku, Customer, At, Order, Channel);
        await panel.AskAsync(async () =>
        {
            var found = await AskAsync();
            if (asked == (Sku, Customer, At, Order, Channel))
            {
                fields = found;
            }
        });
        StateHasChanged();
    }

    private async Task<IReadOnlyList<GoldenField>> AskAsync()
    {
        if (Customer is { Length: > 0 })
        {
            return await Records.CustomerAsync(At!, Text(Customer), gone.Token);
        }

        if (Order is { Length: > 0 })
        {
            var flow = long.Parse(Order, NumberStyles.None, CultureInfo.InvariantCulture);
            return await Records.OrderAsync(flow, gone.Token);
        }

        return await Records.ProductAsync(Text(Sku!), Channel ?? "", gone.Token);
    }

    // Text from an address may hold what no text of the database can.
    private static string Text(string text) => text.Contains('\0', StringComparison.Ordinal) ? "" : text;

    private void Find() => Navigation.NavigateTo(Links.OwnershipRecord(sku.Trim(), Channel));

    private void Turn(ChangeEventArgs change) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("channel", change.Value as string is { Length: > 0 } id ? id : null));

    private string NameOf(string source) => Connections.Find(source)?.Name ?? source;

    private static string FieldWords(GoldenField field) => OwnershipDomains.Find(field.Domain, field.Field)?.Words ?? field.Field;

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
