// Checks of what people state: one line a kind.

export const people = {
  attestation: async () => (await import('../../checks/people/attestation.ts')).attestation,
  contact: async () => (await import('../../checks/people/contact.ts')).contact,
}
