using Bunit;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Orders;
using ControlTower.Tests.Web.Shared;
using ControlTower.Web.Pages.OrderTimeline;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using Xunit;

namespace ControlTower.Tests.Web.OrderTimeline;

public sealed class CancelDialogTests : IAsyncDisposable
{
    private static readonly CancelOutlook Posted = new(7, "NL-1", 4, "Shopify EU", "Business Central EU", "SO-221904", BooksOutlook.CancelledThere, 2, new Money(784.90m, "EUR"), null);

    private readonly PartsContext parts = new();

    public async ValueTask DisposeAsync() => await parts.DisposeAsync();

    [Fact]
    public void The_consequence_is_said_for_each_system_before_anything_happens()
    {
        var dialog = Draw(Posted, _ => { });
        var told = dialog.FindAll("[data-ct=cancel-outlook] li").Select(li => li.TextContent.Trim()).ToList();
        Assert.Equal(5, told.Count);
        Assert.Contains("sales order SO-221904 is cancelled there", told[0], StringComparison.Ordinal);
        Assert.Contains("its 2 lines is free", told[1], StringComparison.Ordinal);
        Assert.Contains("Shopify EU: it is not told by ControlTower", told[2], StringComparison.Ordinal);
        Assert.Contains("€784.90 stay paid", told[3], StringComparison.Ordinal);
        Assert.Contains("nothing was sent there", Draw(Posted with { Books = BooksOutlook.NotThere }, _ => { }).Markup, StringComparison.Ordinal);
        Assert.Contains("Its outcome is awaited", Draw(Posted with { Books = BooksOutlook.Awaited }, _ => { }).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_reason_nothing_is_cancelled_and_what_may_not_be_cancelled_has_no_button()
    {
        string? why = null;
        var dialog = Draw(Posted, reason => why = reason);
        dialog.Find("[data-ct=confirm-cancel]").Click();
        Assert.Null(why);
        Assert.Contains("Say why", dialog.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        dialog.Find("[data-ct=cancel-reason]").Input("  bought twice ");
        dialog.Find("[data-ct=confirm-cancel]").Click();
        Assert.Equal("bought twice", why);

        var shipped = Draw(Posted with { WhyNot = "Goods of it have left, so it stays sold." }, _ => { });
        Assert.Contains("It cannot be cancelled. Goods of it have left", shipped.Find("[data-ct=cancel-not]").TextContent, StringComparison.Ordinal);
        Assert.Empty(shipped.FindAll("[data-ct=confirm-cancel]"));
    }

    private IRenderedComponent<MudDialogProvider> Draw(CancelOutlook outlook, Action<string> confirm)
    {
        var provider = parts.Render<MudDialogProvider>();
        parts.Render<CancelDialog>(p => p.Add(d => d.Outlook, outlook).Add(d => d.OnConfirm, EventCallback.Factory.Create(this, confirm)));
        return provider;
    }
}
