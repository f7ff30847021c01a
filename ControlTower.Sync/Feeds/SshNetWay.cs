using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace ControlTower.Sync.Feeds;

/// <summary>SFTP by SSH.NET. The server's key is judged before anything secret is sent.</summary>
public sealed class SshNetWay : ISftpWay
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<ISftpSession> OpenAsync(SftpServer server, CancellationToken cancel)
    {
        var client = new SftpClient(new ConnectionInfo(server.Address.ToString(), server.Port, server.User, Method(server)) { Timeout = Patience }) { OperationTimeout = Patience };
        var strange = false;
        client.HostKeyReceived += (_, shown) => strange = !(shown.CanTrust = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(shown.FingerPrintSHA256.TrimEnd('=')), Encoding.ASCII.GetBytes(server.HostKey)));
        try
        {
            await client.ConnectAsync(cancel);
            return new Session(client);
        }
        catch (Exception error) when (error is SshException or SocketException or IOException)
        {
            client.Dispose();
            throw strange ? new FeedRefusedException("The server shows another key than the one that was pinned. Nothing was sent. Ask its operator; if the key was changed on purpose, enter the new one.")
                : error is SshAuthenticationException ? new FeedRefusedException("The server does not let this user in. Check user and password or key.")
                : new IOException($"The server cannot be spoken to: {error.Message}", error);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Whether a secret is a private key; else it is a password.</summary>
    internal static bool IsKey(string secret) => secret.TrimStart().StartsWith("-----BEGIN", StringComparison.Ordinal);

    private static AuthenticationMethod Method(SftpServer server)
    {
        if (!IsKey(server.Secret))
        {
            return new PasswordAuthenticationMethod(server.User, server.Secret);
        }

        try
        {
            using var key = new MemoryStream(Encoding.UTF8.GetBytes(server.Secret));
            return new PrivateKeyAuthenticationMethod(server.User, new PrivateKeyFile(key));
        }
        catch (SshException)
        {
            throw new FeedRefusedException("The private key cannot be read. Enter one without a passphrase.");
        }
    }

    private sealed class Session(SftpClient client) : ISftpSession
    {
        public Task<bool> ExistsAsync(string path, CancellationToken cancel) => TryAsync(() => client.ExistsAsync(path, cancel));

        public Task MakeFolderAsync(string path, CancellationToken cancel) => TryAsync(async () =>
        {
            await client.CreateDirectoryAsync(path, cancel);
            return true;
        });

        public Task<IReadOnlyList<string>> NamesAsync(string folder, CancellationToken cancel) => TryAsync<IReadOnlyList<string>>(async () =>
        {
            var names = new List<string>();
            await foreach (var file in client.ListDirectoryAsync(folder.Length == 0 ? "." : folder, cancel))
            {
                if (file.IsRegularFile)
                {
                    names.Add(file.Name);
                }
            }

            return names;
        });

        public Task<Stream> ReadAsync(string path, CancellationToken cancel) => TryAsync<Stream>(async () => await client.OpenAsync(path, FileMode.Open, FileAccess.Read, cancel));

        public Task<Stream> CreateAsync(string path, CancellationToken cancel) => TryAsync<Stream>(async () => await client.OpenAsync(path, FileMode.Create, FileAccess.Write, cancel));

        public Task RenameAsync(string from, string to, CancellationToken cancel) => TryAsync(async () =>
        {
            await client.RenameFileAsync(from, to, cancel);
            return true;
        });

        public Task DeleteAsync(string path, CancellationToken cancel) => TryAsync(async () =>
        {
            await client.DeleteFileAsync(path, cancel);
            return true;
        });

        public ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }

        private static async Task<T> TryAsync<T>(Func<Task<T>> act)
        {
            try
            {
                return await act();
            }
            catch (Exception error) when (error is SshException or SocketException or ObjectDisposedException)
            {
                throw new IOException($"The server refused or fell silent: {error.Message}", error);
            }
        }
    }
}
