using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Factors;
using ControlTower.Web.Hosting;
using ControlTower.Web.Layout;
using ControlTower.Web.Pages.Start;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Gate;

/// <summary>What the form of the second factor sends.</summary>
public sealed class CodeForm
{
    public string? Code { get; set; }
}

/// <summary>The second half of a sign-in: the code, or the set-up of an authenticator where the policy wants one and there is none. A static page, because a live circuit cannot set cookies.</summary>
public sealed partial class CodePage : ComponentBase
{
    private bool known;
    private HalfSignIn? half;
    private FactorToSet? toSet;
    private IReadOnlyList<string>? recovery;
    private string home = Links.Overview;
    private (string Title, string Text)? wrong;

    [SupplyParameterFromForm(FormName = "code")]
    private CodeForm? Form { get; set; }

    [SupplyParameterFromQuery]
    private string? ReturnUrl { get; set; }

    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    [Inject]
    private FactorStore Store { get; set; } = default!;

    [Inject]
    private SignInDesk Desk { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private HomeDoor Home { get; set; } = default!;

    [Inject]
    private FactorDesk Factors { get; set; } = default!;

    protected override async Task OnInitializedAsync()
    {
        Form ??= new CodeForm();
        var step = StepCookie.Of(Http);
        half = step is { } secret ? await Store.StepAsync(secret, Http.RequestAborted) : null;
        if (half is not null)
            toSet = await Factors.ToSetAsync(half.AccountId, half.Email, step!, Http.RequestAborted);
        else
            Http.Response.StatusCode = StatusCodes.Status410Gone;
        known = true;
    }

    private async Task SubmitAsync()
    {
        if (half is null)
            return;
        try
        {
            var by = new Actor(half.AccountId, half.Name, half.Role, Addresses.Of(Http));
            var code = Form?.Code ?? "";
            FactorAnswer answer;
            if (toSet is null)
                answer = await Factors.CheckAsync(half.AccountId, code, SignInDesk.Open, by, Http.RequestAborted);
            else
                (recovery, answer) = await Factors.ConfirmAsync(half.AccountId, half.Stamp, StepCookie.Of(Http)!, code, SignInDesk.Open, by, Http.RequestAborted);
            if (answer.Right)
                await EnterAsync();
            else
                await RefuseAsync(answer.Left);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            Fail("We cannot check that now.", "The database gives no answer. Try again in a moment.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    private async Task EnterAsync()
    {
        // Of two pages of the same sign-in one opens the session, and only under the stamp that it began with.
        if (!await Store.EndStepAsync(StepCookie.Of(Http)!, Http.RequestAborted)
            || await Desk.OpenAsync(half!.AccountId, half.Stamp, Addresses.Of(Http), Agents.Of(Http), Http.RequestAborted) is not { Session: { } session, Person: { } open })
        {
            Anew();
            return;
        }

        StepCookie.Drop(Http);
        var person = SignedIn.Of(open);
        await Http.SignInAsync(SignedIn.Scheme, person.Principal(session));
        home = await Home.OfAsync(person, Http.RequestAborted);
        if (recovery is null)
            Navigation.NavigateTo(LocalUrl.Or(ReturnUrl, home));
    }

    private async Task RefuseAsync(TriesLeft left)
    {
        // A password that was set meanwhile ends what was begun under the old one, whatever the code.
        if (await Store.StepAsync(StepCookie.Of(Http)!, Http.RequestAborted) is null)
        {
            Anew();
            return;
        }

        if (left.Until is not null)
            Fail("Too many tries.", "Wait 15 minutes, then try again.", StatusCodes.Status429TooManyRequests);
        else
            Fail("That code is not right, or was used.", $"{(left.Tries == 1 ? "1 try" : FormattableString.Invariant($"{left.Tries} tries"))} left, then a pause of 15 minutes. Wait for the next code if it is about to change.", StatusCodes.Status401Unauthorized);
    }

    private void Anew() => (half, recovery, Http.Response.StatusCode) = (null, null, StatusCodes.Status410Gone);

    private void Fail(string title, string text, int status) => (wrong, Http.Response.StatusCode) = ((title, text), status);
}
