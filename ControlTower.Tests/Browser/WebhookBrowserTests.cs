using ControlTower.Data.ApiClients;
using ControlTower.Data.Audit;
using ControlTower.Sync.Webhooks;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace ControlTower.Tests.Browser;

/// <summary>An admin sees where events are sent, how that goes, and acts on it.</summary>
public sealed class WebhookBrowserTests(BrowserWorld world) : IClassFixture<BrowserWorld>
{
    private static readonly WebhookActor Ada = new(new Actor(Guid.NewGuid(), "Ada Lind", "Admin"), null, WebhookDesk.Manage);

    [Fact]
    public async Task An_admin_adds_a_webhook_sees_its_secret_once_and_pauses_replays_and_disables_it_with_a_reason()
    {
        var services = world.Tower.Services;
        await using var visitor = await world.VisitAsync();
        await visitor.SignInAsAsync(Roles.Admin, at: "/admin/webhooks");
        await Expect(visitor.Part("panel:webhooks")).ToContainTextAsync("Add an API client first");
        await visitor.PicturesAsync("webhooks-empty");

        await new OrderWorld(world.Tower.Database).ConnectAsync();
        foreach (var name in new[] { "Data lake", "Loyalty", "Store app", "Fulfilment partner" })
            await services.GetRequiredService<ApiClientStore>().AddAsync(Guid.NewGuid(), name, [Scopes.WebhooksManage], name == "Loyalty" ? [OrderWorld.Shop] : [], TimeSpan.FromDays(30), Ada.Actor, default);
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await visitor.Page.ClickAsync("[data-ct=add-webhook]");
        await visitor.Page.SelectOptionAsync("[data-ct=webhook-client]", new SelectOptionValue { Label = "Store app" });
        await visitor.FillAsync("[data-ct=webhook-url]", "https://10.0.0.1/hook");
        await visitor.Page.ClickAsync("[data-ct=webhook-save]");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("private network");
        await visitor.FillAsync("[data-ct=webhook-url]", "https://hooks.example.com/tower");
        await visitor.Page.CheckAsync("[data-ct='type:order.posted']");
        await visitor.PicturesAsync("webhook-form");
        await visitor.Page.ClickAsync("[data-ct=webhook-save]");
        Assert.StartsWith("whsec_", await visitor.Part("secret").InputValueAsync(), StringComparison.Ordinal);
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Expect(visitor.Part("webhook:Store app")).ToContainTextAsync("order.posted");

        await ActAsync(visitor, "pause", "Maintenance at their side");
        await Expect(visitor.Part("webhook:Store app")).ToContainTextAsync("Paused by an admin");
        await ActAsync(visitor, "resume", "They are back");
        await Expect(visitor.Part("webhook:Store app")).ToContainTextAsync("On");
        await ActAsync(visitor, "replay", "Their database was lost");
        await ActAsync(visitor, "disable", "The contract ended");
        await Expect(visitor.Part("webhook:Store app")).ToContainTextAsync("Disabled by an admin");
        await Expect(visitor.Part("webhook:Store app")).ToContainTextAsync("The contract ended");
        Assert.Equal(4, await world.Tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:webhook:manage' and reason is not null"));

        await TroubleAsync(services);
        await visitor.Page.ReloadAsync();
        await visitor.LiveAsync();
        await Expect(visitor.Part("webhook:Data lake")).ToContainTextAsync("Switched off by the tower");
        await Expect(visitor.Part("webhook:Fulfilment partner")).ToContainTextAsync("Not taking events");
        await Expect(visitor.Part("webhook:Fulfilment partner")).ToContainTextAsync("The receiver answered 503");
        await Expect(visitor.Part("webhook:Fulfilment partner")).ToContainTextAsync("the oldest");
        await visitor.PicturesAsync("webhooks");
    }

    private static async Task ActAsync(Visitor visitor, string act, string reason)
    {
        await visitor.Page.ClickAsync($"[data-ct='{act}:Store app']");
        await visitor.Page.ClickAsync("[data-ct=webhook-do]");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Give a reason");
        await visitor.FillAsync("[data-ct=reason]", reason);
        if (act == "replay")
            await visitor.PicturesAsync("webhook-replay");
        await visitor.Page.ClickAsync("[data-ct=webhook-do]");
        await Expect(visitor.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    // As the pump leaves them behind.
    private async Task TroubleAsync(IServiceProvider services)
    {
        var desk = services.GetRequiredService<WebhookDesk>();
        foreach (var client in (await services.GetRequiredService<ApiClientStore>().ListAsync(default)).Where(client => client.Name != "Store app"))
            Assert.IsType<WebhookAnswer.Done>(await desk.AddAsync(client.Id, client.Name, new WebhookDraft($"https://{client.Name.Replace(' ', '-').ToLowerInvariant()}.example.com/in", [], []), Ada));
        var order = await new OrderWorld(world.Tower.Database).OrderAsync("NL-1");
        await world.Tower.Database.ExecuteAsync(
            $"""
            insert into event_log (flow_id, step, type, stage, at) select {order}, s, 'order.posted', 'posted', now() - interval '3 hours' from generate_series(1, 40) s;
            update webhook_subscription s set misses = 5, failing_since = now() - interval '3 hours', rest_until = now() + interval '25 minutes', last_error = 'The receiver answered 503: Down for maintenance', sent = 18230, last_ok_at = now() - interval '3 hours'
            from api_client c where c.id = s.client_id and c.name = 'Fulfilment partner';
            update webhook_subscription s set state = 'disabled', stopped_by = 'tower', why = 'The receiver answered 410: it is gone and wants no more events.', last_error = 'The receiver answered 410.', sent = 991, last_ok_at = now() - interval '2 days'
            from api_client c where c.id = s.client_id and c.name = 'Data lake';
            update webhook_subscription s set sent = 512345, last_ok_at = now() - interval '20 seconds' from api_client c where c.id = s.client_id and c.name = 'Loyalty';
            update event_cursor p set txid = e.txid, seq = e.seq from (select txid, seq from event_log order by txid desc, seq desc limit 1) e, webhook_subscription s join api_client c on c.id = s.client_id
            where p.follower = 'webhook/' || replace(s.id::text, '-', '') and c.name = 'Loyalty';
            """);
    }
}
