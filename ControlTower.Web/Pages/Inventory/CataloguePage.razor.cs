using ControlTower.Data.Catalog;
using ControlTower.Data.Live;
using ControlTower.Sync.Catalog;
using ControlTower.Web.Auth;
using ControlTower.Web.Keys;
using ControlTower.Web.Layout;
using ControlTower.Web.Live;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Inventory;

/// <summary>Where channels and their ERP say different things, both sides next to each other, and what a person can do about it.</summary>
public sealed partial class CataloguePage
{
    private const int Most = 100;
    private const int MostPreviewed = 100;
    private const int MostCandidates = 20;

    private static readonly IReadOnlyList<Crumb> Above = [new("Inventory", Links.Inventory)];

    private CatalogueQuery query = CatalogueQuery.Start;
    private IReadOnlyList<CatalogStanding> standings = [];
    private IReadOnlyList<DifferenceCount> counts = [];
    private IReadOnlyList<Difference> rows = [];
    private IReadOnlyList<Difference>? frozen;
    private IReadOnlyList<ListedItem> candidates = [];
    private Difference? open;
    private long? current;
    private string reason = "";
    private string sought = "";
    private string chosen = "";
    private bool proposed;

    [Inject] private CatalogQueries Queries { get; set; } = default!;
    [Inject] private CatalogDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private ISnackbar Snackbar { get; set; } = default!;

    private bool MayPublish => Person?.May(Permissions.CataloguePublish) == true;

    private bool MayLink => Person?.May(Permissions.CatalogueLink) == true;

    private bool MayIgnore => Person?.May(Permissions.CatalogueIgnore) == true;

    private string Title => $"{(query.Kind is { } kind ? CatalogueWords.Name(kind) : "All differences")}{(query.Ignored ? ", ignored" : "")}";

    private IEnumerable<DifferenceCount> InChannel => counts.Where(c => query.Channel.Length == 0 || c.ConnectionId == query.Channel);

    private long Counted => InChannel.Where(c => query.Kind is null || c.Kind == query.Kind).Sum(c => query.Ignored ? c.Ignored : c.Open);

    private IReadOnlyList<FilterView> Views =>
    [
        View("all", "All", null), .. CatalogueWords.Kinds.Where(k => k == query.Kind || Number(k) > 0).Select(k => View(CatalogueWords.Key(k), CatalogueWords.Name(k), k)),
    ];

    private IReadOnlyList<FilterField> Fields => query.Channel.Length == 0 ? [] : [new FilterField("channel", standings.FirstOrDefault(s => s.ConnectionId == query.Channel)?.Channel ?? query.Channel)];

    private string EmptyText => query switch
    {
        { Narrows: true } or { After: not null } => "None fits.",
        { Ignored: true } => "Nothing is ignored.",
        _ => standings.Any(s => s.ReadAt is not null) ? "Channels and ERP say the same." : "Nothing is compared before both sides were read whole.",
    };

    protected override Following Follows => new("Catalogue differences", LiveTopics.Stock | LiveTopics.Connections, TimeSpan.FromSeconds(5), Links.Catalogue);

    protected override Keymap Hands() => new("Catalogue",
    [
        .. KeyBinding.Walk(MoveAsync), new("Enter", "both sides", OpenAsync, Hint: true), new("p", "publish", PreviewAsync, Hint: true), new("/", "filter", Hint: true),
    ]);

    protected override void Show(string uri)
    {
        var before = query;
        query = CatalogueQuery.Parse(uri);
        // A preview that was asked for since a pair was closed stays: it is of the same list.
        frozen = query.Listed == before.Listed ? frozen : null;
        (reason, sought, chosen, candidates, Acts.Wrong) = ("", "", "", [], null);
        (current, proposed) = (query.Listed == before.Listed ? query.Open ?? current : null, false);
    }

    protected override async Task ReadAsync(CancellationToken cancel)
    {
        var standing = await Queries.StandingsAsync(cancel);
        var counted = await Queries.CountsAsync(cancel);
        var found = await Queries.ListAsync(query.Filter, Most, cancel);
        var one = query.Open is { } id ? await Queries.FindAsync(id, cancel) : null;
        // What may be meant stands there to be chosen. Once: what somebody sought since stays.
        var free = !proposed && one is { There.Sku: { } sku } && CatalogueWords.CanLink(one) ? await Queries.FreeAsync(one.ConnectionId, sku, MostCandidates, cancel) : null;
        cancel.ThrowIfCancellationRequested();
        (standings, counts, rows, open) = (standing, counted, found, one);
        if (free is not null && !proposed)
        {
            Offer(one!.There!.Sku!, free);
        }
    }

    private async Task PreviewAsync()
    {
        if (!MayPublish || query.Ignored || open is not null || !rows.Any(Desk.CanPublish))
        {
            return;
        }

        await Acts.RunAsync(async () => frozen = await Desk.PreviewAsync(query.Filter, Gone));
        StateHasChanged();
    }

    private Task PublishAsync(IReadOnlyList<Difference> set) => ActAsync(Permissions.CataloguePublish, async actor =>
    {
        frozen = null;
        var done = await Desk.PublishAsync(set, actor, Gone);
        return (done == set.Count ? $"{Words(done)} on the way to what the ERP says." : $"{Words(done)} on the way, {Words(set.Count - done)} changed meanwhile and left alone.", done == set.Count);
    });

    private Task IgnoreAsync() => ActAsync(Permissions.CatalogueIgnore, async actor =>
    {
        var done = open!.IgnoredWhy is null ? await Desk.IgnoreAsync([open], reason, actor, Gone) : await Desk.HeedAsync([open], actor, Gone);
        return done == 1 ? (open.IgnoredWhy is null ? "Ignored until it changes." : "It is back in the list.", true) : ("It is another by now. Nothing was changed.", false);
    });

    private Task LinkAsync() => ActAsync(Permissions.CatalogueLink, async actor =>
        await Desk.LinkAsync(open!.ConnectionId, open.Here!.Item, chosen, reason, actor, Gone)
            ? ("Linked. What they differ in is compared now.", true) : ("They are linked already, or one is gone. Nothing was changed.", false));

    private Task UnlinkAsync() => ActAsync(Permissions.CatalogueLink, async actor =>
        await Desk.UnlinkAsync(open!.ConnectionId, open.Here!.Item, reason, actor, Gone) ? ("Parted.", true) : ("They are not linked any more. Nothing was changed.", false));

    private Task ActAsync(string permission, Func<Data.Audit.Actor, Task<(string Words, bool Good)>> act) => Acts.RunAsync(async () =>
    {
        var (words, good) = await act(await Actor.MustAsync(permission));
        Snackbar.Add(words, good ? Severity.Success : Severity.Warning);
        Close();
        await LoadAsync();
    });

    private async Task SeekAsync(string text)
    {
        var (asked, of) = (text.Trim(), open!);
        proposed = true;
        var free = asked.Length == 0 || asked.Any(char.IsControl) ? [] : await Queries.FreeAsync(of.ConnectionId, asked, MostCandidates, Gone);
        if (open == of)
        {
            Offer(asked, free);
        }
    }

    private void Offer(string text, IReadOnlyList<ListedItem> free) => (sought, candidates, chosen, proposed) = (text, free, free is [var first, ..] ? first.Item : "", true);

    private (string Shows, string Will) Change(Difference d) => d.Kind switch
    {
        DifferenceKind.Price => (CatalogueWords.Price(d.Here), CatalogueWords.Amount(d.Target, d.Here?.Currency)),
        DifferenceKind.Inactive => ("On sale", "Not on sale"),
        _ => (d.Here?.Barcode ?? Say.None, d.There?.Barcode ?? Say.None),
    };

    private static string Words(int differences) => differences == 1 ? "1 difference is" : $"{Say.Count(differences)} differences are";

    private long Number(DifferenceKind? kind) => InChannel.Where(c => kind is null || c.Kind == kind).Sum(c => query.Ignored ? c.Ignored : c.Open);

    private FilterView View(string key, string name, DifferenceKind? kind) => new(key, name, (query.Listed with { Kind = kind, After = null }).Href(), query.Kind == kind, Number(kind));

    private void Clear(string field) => Go(query.Listed with { Channel = "", After = null });

    private void Go(CatalogueQuery wanted) => Navigation.NavigateTo(wanted.Href());

    private void Close()
    {
        if (open is not null)
        {
            open = null;
            Go(query.Listed);
        }
    }

    private Task MoveAsync(int by)
    {
        if (rows.Count > 0 && open is null)
        {
            current = rows.Step(row => row.Id == current, by).Id;
            StateHasChanged();
        }

        return Task.CompletedTask;
    }

    private Task OpenAsync()
    {
        if (open is null && rows.FirstOrDefault(row => row.Id == current) is { } row)
        {
            Go(query with { Open = row.Id });
        }

        return Task.CompletedTask;
    }
}
