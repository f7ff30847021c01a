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

namespace ControlTower.Web.Pages.Ownership;

/// <summary>One product, customer or order as it is by the rules: which value of each field holds, and what every other source says. Customers are shown to who may see them.</summary>
public sealed partial class RecordPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Ownership", Links.Ownership)];

    private IReadOnlyList<GoldenField>? fields;
    private string sku = "";

    [SupplyParameterFromQuery(Name = "sku")] public string? Sku { get; set; }

    /// <summary>A customer's id at the connection <c>at</c>.</summary>
    [SupplyParameterFromQuery(Name = "customer")] public string? Customer { get; set; }

    [SupplyParameterFromQuery(Name = "at")] public string? At { get; set; }

    [SupplyParameterFromQuery(Name = "order")] public string? Order { get; set; }

    /// <summary>The connection for which the record is shown; empty: by the rules that name none.</summary>
    [SupplyParameterFromQuery(Name = "channel")] public string? Channel { get; set; }

    [Inject] private GoldenRecords Records { get; set; } = default!;
    [Inject] private ConnectionDirectory Connections { get; set; } = default!;

    private IEnumerable<(string Id, string Name)> Channels => Connections.All.Select(c => (c.Profile.Id, c.Profile.Name)).OrderBy(c => c.Name, StringComparer.OrdinalIgnoreCase);

    private bool IsAsked => Sku is { Length: > 0 } || Customer is { Length: > 0 } || Order is { Length: > 0 };

    private string Title => Sku is { Length: > 0 } ? Sku : Customer is { Length: > 0 } ? $"Customer {Customer}" : Order is { Length: > 0 } ? $"Order {Order}" : "Golden record";

    private string? Wrong =>
        Customer is { Length: > 0 } && Person?.May(Permissions.CustomersRead) != true ? "Customers are shown to those who may see them. Ask an admin for the permission."
        : Order is { Length: > 0 } && Person?.May(Permissions.OrdersRead) != true ? "Orders are shown to those who may see them. Ask an admin for the permission."
        : Order is { Length: > 0 } && !long.TryParse(Order, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? "order: give the number of an order, as in its address."
        : Customer is { Length: > 0 } && (At is not { Length: > 0 } at || Connections.Get(at) is null) ? "at: name the connection that the customer is of."
        : Channel is { Length: > 0 } channel && Connections.Get(channel) is null ? "channel: there is no connection of this name." : null;

    private string Sum => fields!.Count(f => !f.Agreed) is var differ and > 0 ? $"sources differ in {differ} of {fields!.Count} fields" : "every source agrees";

    protected override Following Follows => new("The record", LiveTopics.Ownership | LiveTopics.Stock, TimeSpan.FromSeconds(10));

    protected override bool Asks => IsAsked && Wrong is null;

    protected override void Show(string uri) => (sku, fields) = (Sku ?? "", null);

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var found = await AskAsync(cancel);
        cancel.ThrowIfCancellationRequested();
        fields = found;
    }

    private async Task<IReadOnlyList<GoldenField>> AskAsync(CancellationToken cancel)
    {
        if (Customer is { Length: > 0 })
        {
            return await Records.CustomerAsync(At!, Text(Customer), cancel);
        }

        if (Order is { Length: > 0 })
        {
            var flow = long.Parse(Order, NumberStyles.None, CultureInfo.InvariantCulture);
            return await Records.OrderAsync(flow, cancel);
        }

        return await Records.ProductAsync(Text(Sku!), Channel ?? "", cancel);
    }

    // Text from an address may hold what no text of the database can.
    private static string Text(string text) => text.Contains('\0', StringComparison.Ordinal) ? "" : text;

    private void Find() => Navigation.NavigateTo(Links.OwnershipRecord(sku.Trim(), Channel));

    private void Turn(ChangeEventArgs change) => Navigation.NavigateTo(Navigation.GetUriWithQueryParameter("channel", change.Value as string is { Length: > 0 } id ? id : null));

    private string NameOf(string source) => Connections.Find(source)?.Name ?? source;

    private static string FieldWords(GoldenField field) => OwnershipDomains.Find(field.Domain, field.Field)?.Words ?? field.Field;
}
