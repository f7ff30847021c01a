using ControlTower.Data.ApiClients;
using ControlTower.Web.Api;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Routing;
using MudBlazor;

namespace ControlTower.Web.Pages.Admin;

/// <summary>One API client: what it asks, how that goes, what is left of its day, and what it may use up.</summary>
public sealed partial class ClientPage : ComponentBase, IDisposable
{
    private const int Newest = 50;

    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin), new("API clients", Links.ApiClients)];

    private readonly CancellationTokenSource gone = new();
    private PanelGuard? panel;
    private ApiClient? client;
    private ApiUse use = new([], [], [], null, null);
    private ClientUseQuery query = ClientUseQuery.Usual;
    private IReadOnlyList<ApiLimits> limits = [];
    private HashSet<string> own = [];
    private IReadOnlyList<string> operations = [];
    private LimitForm form = new();
    private long used;

    [Parameter] public Guid Id { get; set; }

    [SupplyParameterFromQuery(Name = "time")] private string? TimeAsked { get; set; }
    [SupplyParameterFromQuery(Name = "operation")] private string? OperationAsked { get; set; }
    [SupplyParameterFromQuery(Name = "problem")] private string? ProblemAsked { get; set; }
    [SupplyParameterFromQuery(Name = "which")] private string? WhichAsked { get; set; }
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [Inject] private ApiClientStore Clients { get; set; } = default!;
    [Inject] private ApiLimitStore Limits { get; set; } = default!;
    [Inject] private ApiRequestStore Requests { get; set; } = default!;
    [Inject] private EndpointDataSource Endpoints { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Messages { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<ClientPage> Log { get; set; } = default!;

    private ApiLimits Whole => limits.FirstOrDefault(l => l.Operation.Length == 0) ?? new ApiLimits("", 1, 1, 1, null);

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override void OnInitialized()
    {
        panel = new PanelGuard("This client", Clock, Log);
        operations = ApiOperation.Ids(Endpoints);
    }

    protected override async Task OnParametersSetAsync()
    {
        query = ClientUseQuery.Of(TimeAsked, OperationAsked, ProblemAsked, WhichAsked);
        if (RendererInfo.IsInteractive)
            await LoadAsync();
    }

    private async Task LoadAsync() => await panel!.AskAsync(async () =>
    {
        client = (await Clients.ListAsync(gone.Token)).FirstOrDefault(c => c.Id == Id);
        use = await Requests.OfAsync(new ApiRequestFilter(Id, query.Span, query.Operation, query.Problem, query.Failed), Newest, gone.Token);
        used = await Limits.UsedAsync(Id, DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime), gone.Token);
        (limits, own) = (await Limits.OfAsync(Id, gone.Token), [.. (await Limits.OwnAsync(Id, gone.Token)).Select(l => l.Operation)]);
        if (!form.Touched)
            form = LimitForm.Of(Whole);
    });

    private void Choose(string? operation) =>
        (form, Acts.Wrong) = (LimitForm.Of((limits.FirstOrDefault(l => l.Operation == operation) ?? Whole with { PerDay = null }) with { Operation = operation ?? "" }) with { Touched = true }, null);

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var wanted = form.Limits;
        if ((Acts.Wrong = wanted.Wrong()) is not null)
            return;
        var actor = await Actor.MustAsync(Permissions.ApiClientsManage);
        if (await Limits.SetAsync(Id, wanted, actor, gone.Token))
            Messages.Add("Set. It is in force within 5 seconds.", Severity.Success);
        else
            Acts.Wrong = "This client is gone. Load the page again.";
        await LoadAsync();
    });

    private static string Ms(double? ms) => ms is { } some ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{some:0} ms") : Say.None;

    private string Count(long count) => Say.Count(count, Viewer?.Culture);

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);

    /// <summary>What stands in the form of the limits.</summary>
    private sealed record LimitForm
    {
        public string Operation { get; set; } = "";

        public int PerSecond { get; set; } = 1;

        public int Burst { get; set; } = 1;

        public int AtOnce { get; set; } = 1;

        public long? PerDay { get; set; }

        /// <summary>Somebody chose what it is about: loading anew does not write over it.</summary>
        public bool Touched { get; init; }

        public ApiLimits Limits => new(Operation, PerSecond, Burst, AtOnce, Operation.Length == 0 ? PerDay : null);

        public static LimitForm Of(ApiLimits l) => new() { Operation = l.Operation, PerSecond = l.PerSecond, Burst = l.Burst, AtOnce = l.AtOnce, PerDay = l.PerDay };
    }
}
