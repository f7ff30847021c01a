using ControlTower.Data.Ownership;
using ControlTower.Sync.Ownership;
using ControlTower.Web.Auth;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Logging;

namespace ControlTower.Web.Pages.Ownership;

/// <summary>A change is worded: what, why, when, and its rules, each beside what is in force. What was typed stays whatever the desk answers.</summary>
public sealed partial class DraftPage : ComponentBase, IDisposable
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Ownership", Links.Ownership)];

    private readonly CancellationTokenSource gone = new();

    // Of the form, not of the click: after a lost answer the same draft is asked for again.
    private readonly Guid key = Guid.NewGuid();
    private PanelGuard? panel;
    private OwnershipScene? scene;
    private DraftForm? form;
    private RuleBook? book;
    private DateTimeOffset begins;
    private OwnershipAnswer.Refused? refused;
    private string? closed;
    private bool asked;
    private int seen;
    private SignedIn? person;

    [Parameter] public int? Number { get; set; }
    [Inject] private OwnershipRoom Room { get; set; } = default!;
    [Inject] private OwnershipReads Reads { get; set; } = default!;
    [Inject] private OwnershipDesk Desk { get; set; } = default!;
    [Inject] private CurrentActor Actor { get; set; } = default!;
    [Inject] private ActGuard Acts { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;
    [Inject] private ILogger<DraftPage> Log { get; set; } = default!;
    [CascadingParameter] private Viewer? Viewer { get; set; }
    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;

    private TimeZoneInfo Zone => (Viewer ?? Shared.Viewer.Default).StoreZone;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        person = SignedIn.From((await Auth).User);
        if (RendererInfo.IsInteractive)
        {
            panel = new PanelGuard("The change", Clock, Log);
            await LoadAsync();
        }
    }

    private async Task LoadAsync() => await panel!.AskAsync(async () =>
    {
        var read = await Room.ReadAsync(gone.Token);
        var change = Number is { } number ? await Reads.FindAsync(number, gone.Token) : null;
        closed = Number is null ? null : change switch
        {
            null => "There is no such change.",
            { State: not (OwnershipStates.Draft or OwnershipStates.Asked) } => "It is decided already. Draft another change.",
            _ when change.Author != person?.AccountId => $"This is {change.AuthorName}'s draft. Ask them, or draft your own.",
            _ => null,
        };
        if (closed is null)
        {
            (scene, form, seen, asked) = (read, change is null ? new DraftForm() : DraftForm.Of(change, Zone), change?.Version ?? 0, change?.State == OwnershipStates.Asked);
            Reckon();
            if (form.Rules.Count == 0)
            {
                Begin();
            }
        }
    });

    // The page may be asked for an override of a domain.
    private void Begin()
    {
        var domain = OwnershipDomains.Find(QueryText.Of(Navigation.Uri)("domain"));
        var rule = domain is null ? new RuleFields() : new RuleFields { Domain = domain.Id, Field = domain.Fields[0].Id };
        rule.Fill(book!);
        form!.Rules.Add(rule);
    }

    private void Add()
    {
        var next = OwnershipDomains.All.FirstOrDefault(d => form!.Rules.All(r => r.Domain != d.Id)) ?? OwnershipDomains.All[0];
        var rule = new RuleFields { Domain = next.Id };
        rule.Fill(book!);
        form!.Rules.Add(rule);
    }

    private void Reckon()
    {
        begins = form?.From is { } from && StoreTime.Of(from, Zone) is var at && at > scene!.Now ? at : scene!.Now;
        book = scene.At(begins);
    }

    private Task SaveAsync() => Acts.RunAsync(async () =>
    {
        var actor = await Actor.MustAsync(Permissions.OwnershipDraft);
        var draft = form!.Draft(Zone);
        switch (Number is { } number ? await Desk.EditAsync(number, seen, draft, actor, gone.Token) : await Desk.DraftAsync(draft, key, actor, gone.Token))
        {
            case OwnershipAnswer.Done done:
                Navigation.NavigateTo(Links.OwnershipChange(done.Number));
                break;
            case OwnershipAnswer.Refused no:
                refused = no;
                break;
        }
    });
}
