using ControlTower.Data.ApiClients;
using ControlTower.Data.Flows;
using ControlTower.Sync.Inventory;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Admin;

/// <summary>Programs that may ask the governed API, and their keys.</summary>
public sealed partial class ClientsPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private IReadOnlyList<ApiClient> clients = [];
    private IReadOnlyList<(string Id, string Name)> channels = [];
    private IReadOnlyList<string> brands = [];
    private ClientForm? form;
    private (ApiClient Client, ApiKey? Key)? asked;
    private (string Name, string Key)? shown;
    private string reason = "";

    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private ApiClientStore Clients { get; set; } = default!;
    [Inject] private ChannelRuleDesk Places { get; set; } = default!;
    [Inject] private OrderQueries Orders { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ClientsPage> Log { get; set; } = default!;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The clients", Clock, Log);
            await LoadAsync();
        }
    }

    private async Task LoadAsync() => await panel!.AskAsync(async () =>
    {
        clients = await Clients.ListAsync(gone.Token);
        channels = (await Places.ChoicesAsync(gone.Token)).Channels;
        brands = (await Orders.FacetsAsync(gone.Token)).Brands;
    });

    private void Add() => (form, Acts.Wrong) = (new ClientForm(), null);

    private void Ask(ApiClient client, ApiKey? key) => (asked, reason, Acts.Wrong) = ((client, key), "", null);

    // An act that is under way shows its end here: a key that nobody sees is lost.
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
        if ((Acts.Wrong = form!.Wrong()) is not null)
        {
            return;
        }

        var actor = await Actor.MustAsync(Permissions.ApiClientsManage);
        var (key, refusal) = await Clients.AddAsync(form.Id, form.Name.Trim(), [.. form.Scopes.Order(StringComparer.Ordinal)], [.. form.Channels.Order(StringComparer.Ordinal)], TimeSpan.FromDays(form.Days), actor, gone.Token, [.. form.Brands.Order(StringComparer.Ordinal)]);
        if ((Acts.Wrong = Say(refusal)) is null)
        {
            (shown, form) = ((form.Name.Trim(), key!), null);
        }

        await LoadAsync();
    });

    private Task MakeKeyAsync(ApiClient client) => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.ApiClientsManage);
        var (key, refusal) = await Clients.AddKeyAsync(client.Id, TimeSpan.FromDays(90), actor, gone.Token);
        Acts.Wrong = Say(refusal);
        shown = key is null ? null : (client.Name, key);
        await LoadAsync();
    });

    private Task EndAsync() => Acts.RunAsync(async () =>
    {
        var (client, key) = asked!.Value;
        if (key is null && reason.Trim().Length is < 3 or > 200)
        {
            Acts.Wrong = "Give a reason of 3 to 200 characters. It stands in the audit.";
            return;
        }

        var actor = await Actor.MustAsync(Permissions.ApiClientsManage);
        var refusal = key is null
            ? await Clients.EnableAsync(client.Id, enabled: false, reason.Trim(), actor, gone.Token)
            : await Clients.RevokeKeyAsync(client.Id, key.Hint, key.MadeAt, actor, gone.Token);
        Messages.Add(refusal is ApiClientRefusal.None ? "Done. It is refused within 5 seconds." : "It had ended already.", refusal is ApiClientRefusal.None ? Severity.Success : Severity.Warning);
        asked = null;
        await LoadAsync();
    });

    private Task EnableAsync(ApiClient client) => Acts.RunAsync(async () =>
    {
        await Clients.EnableAsync(client.Id, enabled: true, null, await Actor.MustAsync(Permissions.ApiClientsManage), gone.Token);
        await LoadAsync();
    });

    private static string? Say(ApiClientRefusal refusal) => refusal switch
    {
        ApiClientRefusal.None => null,
        ApiClientRefusal.NameTaken => "There is a client of this name already. Give it a new key instead, or choose another name.",
        ApiClientRefusal.TwoKeys => "It has two keys that are good. Revoke the one that is not used any more first.",
        ApiClientRefusal.UnknownBrand => "One of the brands has no connection any more. Close this and open it again.",
        ApiClientRefusal.NotForSingles => "What is followed live belongs to all channels and brands, incidents and key figures to all channels: tick none, or leave these out.",
        ApiClientRefusal.UnknownChannel => "One of the channels is gone. Close this and open it again.",
        _ => "This client is gone. Load the page again.",
    };

    private static string Words(string scope) => Scopes.All.FirstOrDefault(known => known.Scope == scope).Words ?? scope;

    private (Status Status, string Word) Standing(ApiKey key) =>
        key.RevokedAt is not null ? (Status.Off, "Revoked") : key.ExpiresAt <= Clock.GetUtcNow() ? (Status.Off, "Over its time") : (Status.Ok, "Good");

    private string Time(DateTimeOffset at) => Shared.Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
