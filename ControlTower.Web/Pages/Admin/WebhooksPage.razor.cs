using ControlTower.Data.ApiClients;
using ControlTower.Data.Live;
using ControlTower.Data.Webhooks;
using ControlTower.Sync.Webhooks;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Admin;

/// <summary>Where events are sent for API clients.</summary>
public sealed partial class WebhooksPage
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<WebhookSubscription> hooks = [];
    private IReadOnlyDictionary<Guid, WebhookBacklog> backlogs = new Dictionary<Guid, WebhookBacklog>();
    private IReadOnlyList<ApiClient> clients = [];
    private IReadOnlyList<string> brands = [];
    private WebhookForm? form;
    private (WebhookSubscription Hook, string Act, string Key)? asked;
    private (string Host, string Secret, bool Rotated)? shown;
    private string reason = "";
    private DateTime since;

    [Inject] private WebhookDesk Desk { get; set; } = default!;
    [Inject] private ApiClientStore Clients { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;

    protected override Following Follows => new("The webhooks", LiveTopics.Flows, TimeSpan.FromSeconds(2));

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        hooks = await Desk.ListAsync(null, cancel);
        backlogs = await Desk.BacklogsAsync(hooks, cancel);
        clients = [.. (await Clients.ListAsync(cancel)).Where(client => client.DisabledAt is null)];
        brands = await Desk.BrandsAsync(cancel);
    }

    private void Add() => (form, Acts.Wrong) = (new WebhookForm { Client = clients[0].Id }, null);

    // The key is made with the box: sent twice, it is one rotation.
    private void Ask(WebhookSubscription hook, string act) =>
        (asked, reason, since, Acts.Wrong) = ((hook, act, Guid.NewGuid().ToString("N")), "", TimeZoneInfo.ConvertTime(Clock.GetUtcNow() - TimeSpan.FromDays(1), Zone).DateTime.Date, null);

    // An act that is under way shows its end here: a secret that nobody sees is lost.
    private void Close()
    {
        if (!Acts.IsBusy)
        {
            (form, asked, Acts.Wrong) = (null, null, null);
        }
    }

    private static void Toggle(HashSet<string> chosen, string one)
    {
        if (!chosen.Remove(one))
        {
            chosen.Add(one);
        }
    }

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var by = await ByAsync();
        var answer = await Desk.AddAsync(form!.Client, form.Key, new WebhookDraft(form.Url.Trim(), [.. form.Types.Order(StringComparer.Ordinal)], [.. form.Brands.Order(StringComparer.Ordinal)]), by, Gone);
        if (answer is WebhookAnswer.Done { Secret: { } secret } done)
        {
            (form, shown) = (null, (done.Subscription.Host, secret, false));
        }

        Acts.Wrong = WebhookWords.Wrong(answer);
        await LoadAsync();
    });

    private Task DoAsync() => Acts.RunAsync(async () =>
    {
        var (hook, act, key) = asked!.Value;
        if (act != "rotate" && reason.Trim().Length is < 3 or > WebhookDesk.LongestReason)
        {
            Acts.Wrong = "Give a reason of 3 to 200 characters. It stands in the audit.";
            return;
        }

        var (by, why) = (await ByAsync(), reason.Trim());
        var answer = act switch
        {
            "pause" => await Desk.StopAsync(hook.Id, hook.Version, WebhookState.Paused, why, by, Gone),
            "disable" => await Desk.StopAsync(hook.Id, hook.Version, WebhookState.Disabled, why, by, Gone),
            "resume" => await Desk.ResumeAsync(hook.Id, hook.Version, why, by, Gone),
            "replay" => await Desk.ReplayAsync(hook.Id, Instant(since), why, by, Gone),
            _ => await Desk.RotateAsync(hook.Id, key, by, Gone),
        };
        if ((Acts.Wrong = WebhookWords.Wrong(answer)) is null)
        {
            asked = null;
            shown = answer is WebhookAnswer.Done { Secret: { } secret } ? (hook.Host, secret, true) : null;
            Messages.Add(WebhookWords.Done(act), Severity.Success);
        }

        await LoadAsync();
    });

    private Task TestAsync(WebhookSubscription hook) => Acts.RunAsync(async () =>
    {
        var answer = await Desk.TestAsync(hook.Id, await ByAsync(), Gone);
        Messages.Add($"{hook.Host}: {answer?.Words ?? "It is gone."}", answer is { Sent: true } ? Severity.Success : Severity.Warning);
    });

    private async Task<WebhookActor> ByAsync() => new(await Actor.MustAsync(Permissions.WebhooksManage), null, WebhookDesk.Manage);

    // A wall time that the zone skips in spring is the moment after.
    private DateTimeOffset Instant(DateTime wall) => new(wall, Zone.GetUtcOffset(wall));

    /// <summary>What stands in the form. The key is made with it: sent twice, it is one webhook.</summary>
    private sealed class WebhookForm
    {
        public string Key { get; } = Guid.NewGuid().ToString("N");

        public Guid Client { get; set; }

        public string Url { get; set; } = "";

        public HashSet<string> Types { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Brands { get; } = new(StringComparer.Ordinal);
    }
}
