using ControlTower.Data.Connections;
using ControlTower.Data.Db;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Gateway;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using MudBlazor;

namespace ControlTower.Web.Pages.Connections;

/// <summary>Adds a connection or changes one: what this system needs, proven before it is saved. Each act asks anew who acts.</summary>
public sealed partial class ConnectionSetupPage : ComponentBase
{
    private ConnectionForm? form;
    private ConnectionPause? disabled;
    private TrialAnswer? answer;
    private Fault? fault;
    private string? loaded;
    private string? changed;
    private int version;
    private int asks;
    private bool unreadable;
    private bool gone;
    private bool trying;
    private bool disabling;

    /// <summary>The connection to change; null for a new one.</summary>
    [Parameter] public string? Id { get; set; }
    /// <summary>Where somebody came from who is led through several systems; null: the connection's own page follows.</summary>
    [SupplyParameterFromQuery(Name = "return")] public string? Return { get; set; }

    /// <summary>The system that is chosen already; of a new connection.</summary>
    [SupplyParameterFromQuery(Name = "kind")] public string? Kind { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private ConnectorCatalog Connectors { get; set; } = default!;
    [Inject] private SetupDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private IJSRuntime Js { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ConnectionSetupPage> Log { get; set; } = default!;

    private string Title => Id is null ? "Connect a system" : "Set up";

    private string Heading => Id is null ? Title : $"Set up {form?["name"] ?? Id}";

    private string Back => LocalUrl.Or(Return, Id is null ? Links.Connections : Links.Connection(Id));

    private string Here => Id is null ? Links.NewConnection : Links.EditConnection(Id);

    private IReadOnlyList<Crumb> Steps => Id is null ? [new("Connections", Links.Connections)] : [new("Connections", Links.Connections), new(form?["name"] ?? Id, Links.Connection(Id))];

    private static string IconOf(SystemRole role) => role switch
    {
        SystemRole.Erp => Icons.Material.Rounded.AccountBalance,
        SystemRole.Processor => Icons.Material.Rounded.CreditCard,
        SystemRole.Bank => Icons.Material.Rounded.Savings,
        _ => Icons.Material.Rounded.Storefront,
    };

    private SettingField PostsTo => new("postsTo", "Posts to", !form!.IsShop ? "The ERP that books this account; none is fine." : form.Erps.Count == 0 ? "Connect an ERP first." : "The ERP that keeps this shop's books.", FieldKind.Choice)
    {
        Required = form.IsShop, Choices = [.. form.Erps.Select(erp => new FieldChoice(erp.Id, erp.Name))],
    };

    private bool RareIsWrong => form!.Shown.Any(problem => form.Fields.Any(known => known.Rare && known.Name == problem.Field));

    protected override async Task OnParametersSetAsync()
    {
        if (!RendererInfo.IsInteractive || loaded == (Id ?? ""))
            return;
        loaded = Id ?? "";
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            await Actor.MustSeeAsync(Permissions.ConnectionsConfigure);
            var hand = Id is null ? null : await Desk.OpenAsync(Id);
            gone = Id is not null && hand is null;
            form = gone ? null : new ConnectionForm(Connectors, await Desk.ErpsAsync(), hand, (Viewer ?? Shared.Viewer.Default).StoreZone.Id);
            if (form is { IsNew: true } && Kind is { } kind && Connectors.Find(kind) is not null)
            {
                form.Set("kind", kind);
            }

            (version, unreadable, disabled) = (hand?.Version ?? 0, hand?.Unreadable ?? false, hand?.Disabled);
            (answer, changed, Acts.Wrong, fault, asks) = (null, null, null, null, 0);
        }
        catch (UnauthorizedAccessException)
        {
            form = null;
            fault = new Fault($"You need {Permissions.ConnectionsConfigure} for this, and do not have it any more.", Clock.GetUtcNow(), Guid.NewGuid().ToString("N")[..8]);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            fault = new Fault("The connection could not be read: the database did not answer.", Clock.GetUtcNow(), Guid.NewGuid().ToString("N")[..8]);
            NotRead(Log, error, fault.Id);
        }
    }

    private void Choose(string kind)
    {
        form!.Set("kind", kind);
        (asks, answer) = (0, null);
    }

    // An answer to other values says nothing about these, and what was asked for is answered once nothing is Acts.Wrong.
    private void Entered()
    {
        answer = null;
        if (form!.Shown.Count == 0)
            asks = 0;
    }

    private string LabelOf(string field) => field switch
    {
        "kind" => "System",
        "postsTo" => PostsTo.Label,
        _ => new[] { CommonFields.Name, CommonFields.Key, CommonFields.Brand, CommonFields.Region, CommonFields.Currency, CommonFields.TimeZone }.Concat(form!.Fields)
            .FirstOrDefault(known => known.Name == field)?.Label ?? field,
    };

    private Task FocusAsync(string field) => Js.InvokeVoidAsync("ctList.focus", $"[id='f-{field}']").AsTask();

    private Task TryAsync() => ActAsync(async actor =>
    {
        answer = null;
        if (!Ready())
            return;
        (trying, var draft) = (true, form!.Draft());
        StateHasChanged();
        (var problems, answer) = await Desk.TryAsync(draft, actor);
        Refuse(problems);
        if (answer is { Field: { } field, Message: { } message })
            form.Tell([new SettingProblem(field, message)]);
    });

    private Task SaveAsync() => ActAsync(async actor =>
    {
        if (!Ready())
            return;
        var draft = form!.Draft();
        var done = form.IsNew ? await Desk.AddAsync(draft, actor) : await Desk.ChangeAsync(draft, version, actor);
        Take(done, form.IsNew ? $"{draft.Name} is connected. A worker takes it up within seconds." : $"{draft.Name} is saved. Its worker takes it up within seconds.", draft.Id);
    });

    private Task DisableAsync(string reason) => ActAsync(async actor =>
    {
        Take(await Desk.DisableAsync(Id!, reason, actor), $"{form!["name"]} is disabled. What is addressed to it waits.", Id!);
        disabling = false;
    });

    private Task EnableAsync() => ActAsync(async actor => Take(await Desk.EnableAsync(Id!, actor), $"{form!["name"]} is in use again.", Id!));

    private void Take(SetupAnswer what, string done, string id)
    {
        switch (what)
        {
            case SetupAnswer.Wrong refused:
                Refuse(refused.Problems);
                break;
            case SetupAnswer.Changed { Last: var last }:
                changed = last is null ? "This connection was changed after you opened it." : $"{last.By} changed this connection {Say.Time(last.At, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone)}, after you opened it.";
                break;
            case SetupAnswer.Gone:
                Acts.Wrong = "This connection is gone. Nothing was changed.";
                break;
            default:
                Messages.Add(what is SetupAnswer.Done ? done : "It was so already. Nothing was changed.", what is SetupAnswer.Done ? Severity.Success : Severity.Info);
                Navigation.NavigateTo(LocalUrl.Or(Return, Links.Connection(id)));
                break;
        }
    }

    private bool Ready()
    {
        var ready = form!.Ask();
        asks = ready ? 0 : asks + 1;
        return ready;
    }

    private void Refuse(IReadOnlyList<SettingProblem> problems)
    {
        if (problems.Count == 0)
            return;
        form!.Tell(problems);
        asks++;
    }

    private async Task ActAsync(Func<Data.Audit.Actor, Task> work)
    {
        if (!Acts.IsBusy)
        {
            changed = null;
            await Acts.RunAsync(async () => await work(await Actor.MustAsync(Permissions.ConnectionsConfigure)));
            trying = false;
        }
    }

    [LoggerMessage(EventId = 3112, Level = LogLevel.Warning, Message = "A connection's set-up could not be read ({FaultId})")]
    private static partial void NotRead(ILogger log, Exception error, string faultId);

    [LoggerMessage(EventId = 3113, Level = LogLevel.Warning, Message = "{Act} of a connection's set-up got no answer from the database: {Error}")]
    private static partial void NotDone(ILogger log, string act, string error);
}
