using ControlTower.Data.Accounts;
using ControlTower.Data.Db;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Factors;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Layout;

/// <summary>Asks the person at an open page to show anew that it is them: with the password and the second factor if they have one, or at the authority in a tab of its own, so that the page with its form stays.</summary>
public sealed partial class ProofBox : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource gone = new();
    private bool busy, byPassword, byAuthority, withCode, lacksFactor, wasOpen;
    private string password = "", code = "";
    private string? wrong;

    /// <summary>Who is at the page.</summary>
    [Parameter, EditorRequired] public SignedIn Person { get; set; } = default!;

    [CascadingParameter] private Task<AuthenticationState> Auth { get; set; } = default!;
    [Inject] private ProofPrompt Prompt { get; set; } = default!;
    [Inject] private SignInDesk Desk { get; set; } = default!;
    [Inject] private SessionGate Gate { get; set; } = default!;
    [Inject] private AccountStore Accounts { get; set; } = default!;
    [Inject] private FactorDesk Factors { get; set; } = default!;
    [Inject] private IOptions<AuthOptions> Options { get; set; } = default!;
    [Inject] private IHttpContextAccessor Http { get; set; } = default!;
    [Inject] private TimeProvider Clock { get; set; } = default!;

    public void Dispose()
    {
        gone.Cancel();
        gone.Dispose();
        Prompt.Changed -= Turn;
        Prompt.Answer(false); // Whoever waits is told that nobody can answer any more.
    }

    protected override void OnInitialized() => Prompt.Changed += Turn;

    private void Turn() => _ = InvokeAsync(async () =>
    {
        if (Prompt.IsOpen && !wasOpen)
        {
            (password, code, wrong) = ("", "", null);
            await WaysAsync();
        }

        wasOpen = Prompt.IsOpen;
        StateHasChanged();
    });

    private async Task WaysAsync()
    {
        try
        {
            var account = await Accounts.FindAsync(Person.AccountId, gone.Token);
            (byAuthority, byPassword) = (Options.Value.HasAuthority && account?.HasIdentity == true, Options.Value.LocalSignIn && account?.HasPassword == true);
            lacksFactor = byPassword && await Factors.LacksAsync(Person.AccountId, Person.Role, gone.Token);
            byPassword = byPassword && !lacksFactor;
            withCode = byPassword && await Factors.HasAsync(Person.AccountId, gone.Token);
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            wrong = "The database did not answer. Cancel, and try it again.";
        }
    }

    private Task OnKey(KeyboardEventArgs key) => key.Key == "Enter" ? GiveAsync() : Task.CompletedTask;

    private Task GiveAsync() => AskAsync(async session =>
    {
        if (withCode && code.Length == 0)
            return "Give the code as well: you have a second factor.";
        var given = (password, code);
        (password, code) = ("", "");
        var answer = await Desk.ProveAsync(session, given.password, given.code, Http.HttpContext is { } http ? Addresses.Of(http) : "unknown", gone.Token);
        var left = answer.TriesLeft == 1 ? "1 try left." : FormattableString.Invariant($"{answer.TriesLeft} tries left.");
        return answer.Fault switch
        {
            ProofFault.None => null,
            ProofFault.Paused => "Too many tries. Wait 15 minutes, then try again.",
            ProofFault.Password => $"That is not your password. {left}",
            ProofFault.Code => $"That code is not right, or was used. {left} Wait for the next one if it is about to change.",
            ProofFault.NoFactor => "Your role needs a second factor, and you have none. Cancel, then sign in with your password to set one up.",
            _ => "You are signed out.",
        };
    });

    private Task LookAsync() => AskAsync(async session =>
        (await Gate.NowAsync(session, gone.Token))?.ProvenAt > Clock.GetUtcNow() - RecentSignIn.Lasts ? null : "Nothing came back from there yet. Sign in there in the other tab, then come back.");

    private async Task AskAsync(Func<string, Task<string?>> ask)
    {
        if (busy)
            return;
        busy = true;
        try
        {
            wrong = (await Auth).User.FindFirst(SignedIn.SessionClaim)?.Value is { } session ? await ask(session) : "You are signed out.";
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            wrong = "The database did not answer. Try it again.";
        }
        finally
        {
            busy = false;
        }

        if (wrong is null)
            Prompt.Answer(true);
    }
}
