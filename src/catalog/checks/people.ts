// Checks of what people state: one line a kind.
import { attestation } from '../../checks/people/attestation.ts'
import { contact } from '../../checks/people/contact.ts'

export const people = [attestation, contact] as const
