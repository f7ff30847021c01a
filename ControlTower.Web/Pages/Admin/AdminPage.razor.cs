using ControlTower.Data.Accounts;
using ControlTower.Data.Db;
using ControlTower.Web.Auth;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace ControlTower.Web.Pages.Admin;

/// <summary>People, their roles and links, and the newest of the audit.</summary>
public sealed partial class AdminPage : ComponentBase
{
    private PersonForm? form;
    private Account? disabling;
    private string reason = "";
    private string? failed;
    private string? link;
    private string linkFor = "";

    [CascadingParameter]
    private Viewer? Viewer { get; set; }

    [Inject]
    private AdminModel Model { get; set; } = default!;

    [Inject]
    private ActGuard Acts { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private ISnackbar Messages { get; set; } = default!;

    [Inject]
    private TimeProvider Clock { get; set; } = default!;

    protected override Task OnInitializedAsync() => LoadAsync();

    private static PersonForm FormOf(Account person) => new() { Id = person.Id, Name = person.Name, Email = person.Email, Role = person.Role, Finance = person.Finance };

    private async Task LoadAsync()
    {
        try
        {
            failed = null;
            await Model.LoadAsync();
        }
        catch (Exception error) when (DatabaseTrouble.Is(error))
        {
            failed = "People could not be read: the database gives no answer.";
        }
    }

    private Task SaveAsync() => ActAsync(async () =>
    {
        if (form!.Id is not null)
        {
            Acts.Wrong = await Model.ChangeAsync(form);
            Done(Acts.Wrong is null, $"{form.Name} is now {form.Role}.");
        }
        else
        {
            (var secret, Acts.Wrong) = await Model.AddAsync(form);
            if (secret is not null)
                ShowLink(secret, form.Name);
        }

        if (Acts.Wrong is null)
            form = null;
    });

    private Task DisableAsync() => ActAsync(async () =>
    {
        Acts.Wrong = await Model.DisableAsync(disabling!.Id, reason);
        Done(Acts.Wrong is null, $"{disabling.Name} is disabled.");
        if (Acts.Wrong is null)
            disabling = null;
    });

    private Task EnableAsync(Account person) => ActAsync(async () => Done(await Model.EnableAsync(person.Id) is null, $"{person.Name} may sign in again."));

    private Task LinkAsync(Account person) => ActAsync(async () => ShowLink(await Model.LinkAsync(person.Id), person.Name));

    private Task ActAsync(Func<Task> act) => Acts.RunAsync(async () =>
    {
        await act();
        await LoadAsync();
    });

    private void Done(bool worked, string words)
    {
        if (worked)
            Messages.Add(words, Severity.Success);
    }

    private void ShowLink(string secret, string name) => (link, linkFor) = (Navigation.ToAbsoluteUri($"{Links.Setup}?code={secret}").ToString(), name);

    private async Task MoreDoneAsync(string words)
    {
        CloseForm();
        Done(true, words);
        await LoadAsync();
    }

    private void CloseForm() => (form, Acts.Wrong) = (null, null);

    private string Time(DateTimeOffset at) => Say.Time(at, Clock.GetUtcNow(), (Viewer ?? Shared.Viewer.Default).StoreZone);
}
