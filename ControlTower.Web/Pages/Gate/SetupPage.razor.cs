using ControlTower.Data.Accounts;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Factors;
using ControlTower.Web.Hosting;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;
using ControlTower.Web.Pages.Start;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Pages.Gate;

/// <summary>What the set-up form sends.</summary>
public sealed class SetupForm
{
    public string? Name { get; set; }

    public string? Email { get; set; }

    public string? Password { get; set; }
}

/// <summary>A one-time link's page: makes an admin while none can sign in, or sets the password of a person who was added.</summary>
public sealed partial class SetupPage : ComponentBase
{
    private readonly List<(string Field, string Text)> errors = [];
    private bool allowed;
    private bool known;
    private bool voided;
    private bool first;
    private Account? account;

    [SupplyParameterFromForm(FormName = "setup")]
    private SetupForm? Form { get; set; }

    [SupplyParameterFromQuery]
    private string? Code { get; set; }

    [CascadingParameter]
    private HttpContext Http { get; set; } = default!;

    [Inject]
    private HomeDoor Home { get; set; } = default!;

    [Inject]
    private LinkStore OneTime { get; set; } = default!;

    [Inject]
    private Passwords Passwords { get; set; } = default!;

    [Inject]
    private IOptions<AuthOptions> SignIn { get; set; } = default!;

    [Inject]
    private SignInDesk Desk { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    private string Title => first ? "First admin" : "Choose your password";

    protected override async Task OnInitializedAsync()
    {
        Form ??= new SetupForm();
        allowed = TowerCookies.Allowed(Http);
        // Where passwords open nothing, a link that sets one would be a way around the authority.
        var link = Code is { Length: 64 } && SignIn.Value.LocalSignIn ? await OneTime.PeekAsync(Code, Http.RequestAborted) : null;
        known = true;
        if (link is null)
            Void();
        else
            (first, account) = link.Value;
    }

    private async Task SubmitAsync()
    {
        if (voided || !allowed)
            return;
        var (name, email, password) = (account?.Name ?? Form?.Name?.Trim() ?? "", account?.Email ?? Form?.Email?.Trim() ?? "", Form?.Password ?? "");
        Check(name, email, password);
        if (errors.Count > 0)
        {
            Http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            return;
        }

        var address = Addresses.Of(Http);
        var hash = Passwords.Hash(password);
        var used = first
            ? await OneTime.MakeFirstAdminAsync(Code!, email, name, hash, address, Http.RequestAborted)
            : await OneTime.SetPasswordAsync(Code!, account!.Id, hash, address, Http.RequestAborted);
        if (used.Refusal is AccountRefusal.EmailTaken)
        {
            errors.Add(("email", "Somebody has that e-mail already. Give another one."));
            Http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            return;
        }

        if (used.Refusal is not AccountRefusal.None)
        {
            Void();
            return;
        }

        var entered = await Desk.EnterAsync(used.AccountId, used.Stamp, address, Agents.Of(Http), Http.RequestAborted);
        if (entered.Step is { } step)
        {
            StepCookie.Keep(Http, step);
            Navigation.NavigateTo(Links.CodeFor(null));
            return;
        }

        if (entered is not { Session: { } session, Person: { } open })
        {
            Void();
            return;
        }

        var person = SignedIn.Of(open);
        await Http.SignInAsync(SignedIn.Scheme, person.Principal(session));
        Navigation.NavigateTo(await Home.OfAsync(person, Http.RequestAborted));
    }

    private void Check(string name, string email, string password)
    {
        if (first && PersonRules.WrongName(name) is { } wrongName)
            errors.Add(("name", wrongName));
        if (first && PersonRules.WrongEmail(email) is { } wrongEmail)
            errors.Add(("email", wrongEmail));
        if (PasswordRules.Wrong(password, email, name) is { } wrongPassword)
            errors.Add(("password", wrongPassword));
    }

    private string? Invalid(string field) => errors.Any(error => error.Field == field) ? "true" : null;

    private void Void()
    {
        voided = true;
        Http.Response.StatusCode = StatusCodes.Status410Gone;
    }
}
